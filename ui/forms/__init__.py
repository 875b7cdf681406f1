"""Forms made from configuration classes.

form    from a configuration class to widgets
labels  settings in plain words
rules   which settings mean something here
"""
