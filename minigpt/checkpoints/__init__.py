"""Saved weights: a manifest that lists them, and the files themselves.

manifest         which steps are saved, with sizes and checksums
choice           which of them is meant where nobody names one
weights          weights on disk, as safetensors
foreign_tensors  tensors from anybody, looked at before they are loaded
training_state   what a training needs to go on exactly
"""
