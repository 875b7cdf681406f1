"""Two of something beside each other: two models on one text, or two texts in one model.

compare     two models on one text: what each head does more or less
several     several runs: which heads they grew, and when
wanted      whether somebody wants to know that
swap        two texts: which state of the first decides what follows
swap_names  what the cells of that map are called
swap_files  that map as files
"""
