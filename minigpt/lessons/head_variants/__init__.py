"""Heads of attention that are built or read otherwise.

slips     one thing changed by mistake
likeness  three measures of how alike two vectors are
kinds     without the mask, from another text, backwards, in a batch
"""
