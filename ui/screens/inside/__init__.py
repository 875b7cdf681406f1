"""The page of the inside: what each part of a model does to a text.

question       what is asked: a text, a place in it, one next token or two
sections       what is to be seen below the text
strip          the text, coloured by who wrote the prediction
receipt        the prediction as a sum over the parts of the model
picture        the whole model, and what each part did here
layers         what it would say after each layer, and how long the stream grows
over_training  what plain counting explains of it, step after step
vectors        what its vectors say
lesson         one real step on a sentence, and what was learnt and forgotten
neurons        what neurons answer to, and what they say
tables         heads as tables over tokens, and the pairs of the text
"""
