"""What happens inside a model on one text.

trace  every stage of one pass through a model
"""
