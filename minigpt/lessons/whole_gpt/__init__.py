"""What makes a whole GPT of heads of attention.

many_heads       heads side by side, and the part after them
ways_around      parts with and without a way around, the norm before or after
layer_norm       a table normalised by rows, or by columns
dropout          numbers silenced at random while a model trains
masked           who notices that a token is another, with and without the mask
gpt2             GPT-2's sizes, and what a training of one computes
further_reading  papers, lectures and pages to go on with
"""
