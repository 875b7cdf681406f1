"""What the heads of a run look at, at one moment and over its training.

look_file    every head on one text as a file
film         every head on one text, step by step, as it was kept
film_scores  where each head looked, frame by frame
film_file    a film as a page to play
page_words   what these pages say, in whichever language
"""
