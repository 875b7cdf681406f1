"""What happens inside a model on one text.

heads  what each head looks at, and what the model loses without it
trace  every stage of one pass through a model
"""
