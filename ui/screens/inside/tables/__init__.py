"""Heads and the direct path as tables over tokens.

view    which head, which tokens, how far apart
pair    what makes one token follow another, part by part
head    what a head looks for, and what it makes likely
direct  a token's own vector and what is said of it layer by layer, beside the pairs of the text
"""
