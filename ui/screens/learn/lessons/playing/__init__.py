"""Lessons in which one plays with a trained model.

shannon       Shannon's game: the next letter, guessed against the model
shannon_bits  its steps on what guesses are worth in bits, on counting, on luck
tuning        fine-tuning on one's own text, and what is forgotten
tuning_rates  its steps on rates, and on going over the old
tuned_copy    the copy that they look at
"""
