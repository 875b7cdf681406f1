"""One head of a model on a text.

stages       stage by stage, down to one number
formulas     what the stages are together, with the sizes of this model
row          one row of it, compared otherwise or on another scale
switchboard  heads off: what changes
"""
