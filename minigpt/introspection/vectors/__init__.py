"""What the vectors of a model say: those of tokens and those of positions.

tables          the vectors that a model reads tokens as, and those it writes them by
principal_axes  the two directions in which vectors differ most
likeness        who is like whom, by three measures, and how alike any two are
gathering       whether some tokens lie closer together than others do
positions       what tells places apart, and how alike they are
order           what a model makes of the same tokens in another order
"""
