"""What pages share between visitors."""
