"""What models write for whoever asks.

writing     texts that grow together, a step for all at a time
turns       who may write next
odds        what may come next, filter by filter
kept_steps  the same text, or the same luck, at several steps
futures     a tree of what may come next
"""
