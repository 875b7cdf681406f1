"""The lessons in which whole models are trained, or broken.

ladder  every rung of the ladder on one text, and why each is where it is
climb   its step in which all of them are trained
"""
