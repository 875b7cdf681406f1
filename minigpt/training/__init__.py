"""Batches, loss, optimizer, and the loop that yields one report a step."""
