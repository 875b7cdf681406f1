"""What parts of a model do by themselves, as tables over tokens, whatever the text.

single_tokens  each token as a text of its own, and the stream that it makes
tables         a head as two tables: what it looks for, and what it makes likely
direct_path    the way from a token's vector to the logits, beside counted pairs
neurons        what neurons answer to in a text, and what they say
"""
