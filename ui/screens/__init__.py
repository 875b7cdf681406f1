"""One folder or file a screen."""
