"""Vectors drawn: where tokens lie, and who is near whom.

token_map  tokens on the two axes along which they differ most
bars       the neighbours of a token
places     what tells places apart
points     the map as SVG, on a page, on paper and as a file
"""
