"""What a model makes of a text that it did not write, and what it read when it was trained.

run_text       the text of a run, as the two streams of its tokens
places         where in a text each token stands
evaluation     the loss of a model on a text, as training measures it
surprise       the bits of every token
reliability    whether probabilities are kept
counting       what plain counting reaches on the same text
suffixes       every place of a text where something stands
training_text  the text that a run learns from, ready to be searched
overlap        what of a text stands word for word in the training text
report         all of it as JSON values
log            at which steps a place of it was in a batch
influence      what having read a passage did to a model
vote           what followed in the training text
"""
