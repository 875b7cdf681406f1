"""Ways to turn gradients into steps."""
