"""What a model writes, and what can be asked of what it writes.

modes        what the page can be about, one of them at a time
knobs        what decides a text
write        texts as they are written, their branches, and the odds at each place
same_luck    one prompt with the same numbers, along temperatures, steps or models
known_since  a text coloured by when it was learnt
futures      a tree of what may come next
beams        the likeliest whole texts
asking       from a written text to the question whether it was copied
reading      whether a text was read, and how it surprises
"""
