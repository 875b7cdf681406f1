"""The parts that rungs are made of.

attention     causal attention in named steps
scoring       a what-if for one row of attention: compared otherwise, on another scale
block         attention and feed-forward on the residual stream
feed_forward  each position on its own
embeddings    learned, sinusoidal and rotary positions
norms         normalisation of vectors
"""
