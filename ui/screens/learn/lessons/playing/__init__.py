"""Lessons in which one plays with a trained model.

shannon       Shannon's game: the next letter, guessed against the model
shannon_bits  its steps on what guesses are worth in bits, on counting, on luck
"""
