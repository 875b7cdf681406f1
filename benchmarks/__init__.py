"""Each benchmark prints a ratio against a baseline measured in the same run.

peak             how near a step comes to the fastest matrix product here, and where the rest goes
step             one training step of the lecture's GPT, against a plain one and transformers'
generation       tokens a second, against transformers with its cache and a window a token
time_to_loss     from the start of a process to a validation loss, alone and beside others
start            how long a short run takes to begin and to end: forked, and started from nothing
lecture_results  the losses that the lectures report, trained again
memory           how far the estimates are from the truth
large_text       what a large text costs in memory
attention        what looking inside costs
heads            what the heads of a run look at, and what it loses without them
viewers          what viewers of a live run cost
classroom        a class that opens pages, launches, generates and looks at attention at once
pages            every lesson and mode in a browser: until it stands, until a control is followed
inside           from a click on the page of the inside to its answer, and where that time goes
browser          a browser that notes when a page changes
clients          viewers without browsers
live_run         a run that is being trained as long as a benchmark takes
plain_gpt        a GPT as lectures first write it, the baseline
"""
