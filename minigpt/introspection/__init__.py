"""What happens inside a model on one text.

ablation     what is lost when heads fall silent or look elsewhere, or without the n-grams
attribution  who a prediction comes from: parts of the model, places in the text
circuits     what parts do whatever the text, as tables over tokens
flows        how much goes from token to token, by weight or by what arrives
heads        what each head looks at, and what the model loses without it
known_since  from which step on a model knew each token of a text
lens         what the model would say if it stopped early
one_step     what one step on one sentence teaches, and what is forgotten
pairs        two texts in one model, or one text for two that guess
patterns     kinds of places that a head may look at
report_card  what each head is for and is called, by looks and by experiment
trace        every stage of one pass through a model
vectors      what the vectors of tokens and positions say
"""
