"""From logits to the next token, and on.

distribution     from logits to probabilities
filters          what each filter leaves of them
decoder          texts that grow, each token at the price of one position
key_value_cache  the cache of keys and values, kept from token to token
gpt_step         a GPT's newest positions, in as few operations as it takes
gpt_desk         where those are worked on
linear_maps      linear maps whose matrix is laid out once
generate         texts, one token at a time
beams            the likeliest whole continuations
shared           the texts of several readers, drawn together
"""
