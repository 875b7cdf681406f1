"""The Train page.

form      the text, the model, the training
advanced  settings a beginner can leave alone
start     beginning with another run's weights
launch    what a run would be, and Start
"""
