"""The lesson on embeddings and positions.

embeddings  tokens as vectors, and what their places say
words       its step on words
places      its steps on positions
"""
