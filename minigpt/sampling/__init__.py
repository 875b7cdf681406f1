"""From logits to the next token, and on.

distribution  from logits to probabilities
stages        what each filter leaves of them
decoder       the cache of keys and values, kept from token to token
generate      texts, one token at a time
beams         the likeliest whole continuations
shared        the texts of several readers, drawn together
"""
