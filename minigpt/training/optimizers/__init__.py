"""Ways to turn gradients into steps.

base   what every optimizer is
adamw  AdamW
muon   Muon, for the matrices inside a model
build  which weights move by which
"""
