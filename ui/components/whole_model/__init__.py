"""A whole model at once; the scripts lie beside those of the other components.

model_map  every part, from tokens to logits
lens_grid  what it would say after each layer
"""
