"""Saved weights: a manifest that lists them, and the files themselves."""
