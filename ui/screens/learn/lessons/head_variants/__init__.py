"""Steps of the lesson on one head: the root, what goes wrong, what is alike, the other kinds.

scaling   why scores are divided by a root
slips     what runs and is wrong
likeness  three measures of how alike two vectors are
kinds     encoder and decoder, another text, the order, a batch
"""
