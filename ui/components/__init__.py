"""Parts that several screens show.

model_picker  chooses a run and a step
run_header    a run's name, status and progress
plain_text    a text just as it is, and a button that copies it
python_lines  lines of Python, coloured once they are opened
token_strip   a text as its tokens, one of them chosen
letter_keys   a keyboard for guessing letters
head_tiles    every head as a small map
film_bar      plays a film of the tiles, under its curve
head_map      one table of numbers, large
head_lines    the same as lines between tokens
whole_model   every part of a model, and every layer of a text
drawing       what these are made of
candidates    what could come at one place, and the number that decided
futures_tree  a tree of what may come next
tables        numbers in tables, as the visitor writes them
glossary      the words of the field, explained where they stand
permission    who may change whose runs
"""
