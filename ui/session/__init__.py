"""What a visitor chose, in the session and in the address.

url         what lives in the address, and its widgets
unheard     what the address will say once the browser has heard it
form_state  a page with many fields
language    in which language the visitor reads
scheme      whether the page is light or dark
identity    who is at the screen
selection   the runs chosen for comparison
branches    the branches of a text
answers     what was guessed in the lessons
question    what was said before and after them
texts       what models wrote for this visitor, and with which settings
"""
