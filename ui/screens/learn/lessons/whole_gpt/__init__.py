"""The lessons on what makes a whole GPT of heads of attention.

blocks       a whole block: several heads, and the part in which each token works alone
block_parts  its steps on the way around, the norm, dropout
gpt2         from here to GPT-2: parts, sizes, cost, the mask, further reading
"""
