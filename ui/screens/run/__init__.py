"""The page of one run.

monitor       the loss chart, newest words, controls
verdict       what is to be said of it, why, and the way to mend it
controls      what can be done to a run
film          every head on one text, live and as a film
heads         what its heads came to look at
explanations  what a status means
samples       what a run wrote at each evaluation
tabs          the figures beside the loss
checkpoints   the saved steps
"""
