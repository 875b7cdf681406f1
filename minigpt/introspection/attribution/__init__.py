"""Who a prediction comes from: a logit as a sum over the parts of the model, and over the text.

readout   from the stream to logits as a linear map, the norm before it held still
receipt   a logit as a sum over parts that adds up
removal   what becomes of the logits when a part is taken away
sources   what each token of the text brings to a logit, through each head
"""
