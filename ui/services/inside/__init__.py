"""What the page of the inside asks of models.

prediction     a prediction taken apart, and what each part of the model did
layers         a text layer by layer
over_training  what plain counting explains at each kept step
swaps          what moves a guess when one state of another text is pasted in
tuning         copies of a model that go on learning from a visitor's text
teaching       what a model becomes when it is taught a sentence
vectors        where tokens lie at every kept step, and who is near whom
positions      what tells places apart, and what another order changes
sampled        the beginning of what a run learnt from
tables         heads as tables over tokens
neurons        what neurons answer to, and what they say
token_pairs    what makes a token follow another
"""
