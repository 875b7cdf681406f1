"""What the vectors of a model say, drawn.

embeddings  where the tokens lie, over the kept steps
layout      the map: which tokens, and where at each step
neighbours  who is near a token, by three measures
vowels      whether the vowels gather
positions   how the model knows where tokens stand
take_home   all of it as files
"""
