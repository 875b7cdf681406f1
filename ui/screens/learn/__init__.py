"""Lessons that compute before your eyes, with a question before every answer.

lesson     what a lesson consists of
lessons    the lessons, a module each
contents   all of them, with what is done
one_step   a step of a lesson: words, guess, what came out, why
guessing   letters guessed one after the other, and an order put together press by press
sharing    what steps compute, once for a class
moving     what can be moved on a figure
trainings  the runs that a step needs: found, started, stopped
watching   how they are followed while they train
report     what a visitor guessed and saw, as a page to print
question   the one that is asked before the lessons and after them
"""
