"""What the lesson on embeddings and positions computes.

token_and_place  a token's vector and a place's vector, added up
letters          the demo model's letters at each kept step, and the neighbours of one
words            word vectors that are trained in a second
places           what tells places apart: learned vectors, waves, angles, nothing
order            what changes when tokens change places
"""
