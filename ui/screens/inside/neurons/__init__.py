"""Neurons: what they answer to in the training text, and what they say.

ranked  the neurons of a layer, by what they add or by how active they are
one     the strongest places of a neuron, and the tokens that it makes likely
"""
