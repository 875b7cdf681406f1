"""Everything that draws and is not a page. The core below it knows nothing of screens.

screens     what each page shows
components  parts that several screens show
forms       forms made from configuration classes
charts      from numbers to figures
services    what pages share between visitors
session     what one visitor chose
navigation  which pages there are, and the frame around each
i18n        what is said, in the language of whoever reads it
messages    what is missing or went wrong
theme       the colours that mean something
pickers     widgets that choose one of several named things
wording     numbers and tokens as people read them
"""
