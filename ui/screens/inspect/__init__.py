"""Pages that look inside a model.

attention    the text, and what is said in words
overview     a text over all heads
film         the same at every kept step, one after the other
one_head     one head, stage by stage, down to one number
report       what each head is for, by experiment
bars         the report on heads as a figure
switchboard  heads off: what changes
film_page    the film as a page to take home
take_home    what is shown, as files
"""
