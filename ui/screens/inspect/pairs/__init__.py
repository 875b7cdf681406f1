"""Two of something beside each other: two models on one text, or two texts in one model.

compare  two models on one text: what each head does more or less
swap     two texts: which state of the first decides what follows
"""
