"""Pages that look inside a model.

modes        what the page of attention can be about
one_text     a text over all heads, and one head stage by stage
pairs        two models on one text, or two texts in one model
attention    the text, and what is said in words
overview     a text over all heads
order        heads sorted by what was measured of them
film         the same at every kept step, one after the other
head         one head: stage by stage, as lines, and its row scored otherwise
report       the report card on the screen, and the heads' names in words
bars         the report on heads as a figure
film_page    the film as a page to take home
take_home    what is shown, as files
"""
