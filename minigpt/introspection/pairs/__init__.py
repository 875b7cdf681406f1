"""Two of something beside each other: two texts in one model, or one text in two models.

likeness  how alike heads of two models look at the same text, and which belong together
swaps     what moves the guess when one state of another text is pasted in
"""
