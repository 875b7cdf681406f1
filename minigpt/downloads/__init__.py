"""Files fetched from elsewhere, within limits and checked."""
