"""One folder or file a screen.

home      runs as small pictures
text      the Text page
train     the Train page
run       the page of one run
runs      the page of all runs
generate  the text as it is written
inspect   looking inside a model
"""
