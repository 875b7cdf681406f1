"""What a model writes, and what can be asked of what it writes.

modes      what the page can be about, one of them at a time
knobs      what decides a text
write      a text as it is written
one_text   a text with its settings, and how to take it home
earlier    what was written with other settings
"""
