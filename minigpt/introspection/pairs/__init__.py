"""Two of something beside each other: two texts in one model, or one text for two that guess.

divergence  how far a model's predictions are from those of another guesser
likeness    how alike heads of two models look at the same text, and which belong together
swaps       what moves the guess when one state of another text is pasted in
"""
