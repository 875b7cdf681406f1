"""From logits to the next token, and on.

distribution  from logits to probabilities
generate      text, one token at a time
"""
