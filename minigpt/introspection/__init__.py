"""What happens inside a model on one text."""
