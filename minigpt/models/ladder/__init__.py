"""One file a rung.

bigram       a table of next tokens
averaging    the whole past, equally weighed
single_head  one attention head
multi_head   several heads side by side
transformer  blocks that can be stacked
gpt          a decoder-only transformer, GPT-2 by default
embedded     what the middle rungs share
"""
