"""Runs in and out of this machine."""
