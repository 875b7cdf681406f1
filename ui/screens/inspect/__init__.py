"""Pages that look inside a model.

attention  one attention head as a map
"""
