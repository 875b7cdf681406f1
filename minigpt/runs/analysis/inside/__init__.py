"""What goes on inside the models of runs, told in texts and tokens as people know them.

head_history   how heads came to look where they look
growth         what kinds of heads a run grew, and when
recurrence     how many of several runs grew each kind, and when
over_training  what plain counting explains of a model at each kept step
swap           what moves the guess when one state of another text is pasted in
neurons        what neurons answer to in what the run learns from
texts          what a run is judged by, what it learns from, what somebody brings, as tokens
"""
