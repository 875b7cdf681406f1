"""What a visitor chose, in the session and in the address."""
