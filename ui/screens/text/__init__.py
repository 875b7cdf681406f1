"""The Text page.

view        one text in full
bring       upload, paste, edit
tokenizers  two tokenizers side by side
"""
