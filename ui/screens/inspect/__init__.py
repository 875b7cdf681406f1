"""Pages that look inside a model."""
