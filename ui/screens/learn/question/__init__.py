"""The question that is asked before the lessons and again after them.

before_and_after  asks it, and shows both answers side by side
class_table       what a class handed in, as one table for who teaches
"""
