"""Pages that look inside a model.

attention  the text, and what is said in words
overview   a text over all heads
one_head   one head, stage by stage, down to one number
take_home  what is shown, as files
"""
