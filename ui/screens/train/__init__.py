"""The Train page.

form            the text, the model, the training
advanced        settings a beginner can leave alone
starting_point  what a form starts from: a preset, settings, weights
launch          what a run would be, and Start
"""
