"""What models write for whoever asks.

writing  texts that grow together, a step for all at a time
turns    who may write next
odds     what may come next, filter by filter
"""
