"""Texts as they are written, their branches, and the odds at each place.

mode       the prompt, the knobs, the texts, and what was written with other settings
live       texts while they grow
branches   the texts of the same settings, one of them looked at
strip      that one as tokens, coloured on request
place      the odds at one of its places, the die, and the way to fork there
one_text   a text's settings and length in words
take_home  copy and download
"""
