"""One folder or file a screen.

home        runs as small pictures
home_heads  the demo model's heads
text        the Text page
train       the Train page
run         the page of one run
runs        the page of all runs
generate    what a model writes
inspect     looking inside a model, head by head
inside      what each part of a model does to a text
learn       the lessons
"""
