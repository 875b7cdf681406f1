"""The process that trains one run."""
