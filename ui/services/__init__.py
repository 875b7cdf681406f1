"""What pages share between visitors.

runs        reading and starting runs
snapshot    all that is shown of one run
verdicts    what is to be said of each run
counting    what plain counting reaches on a text
texts       texts and their tokenizers
models      trained models
heads       what their heads do, and what is lost without them
generation  what they write for whoever asks
film        what they looked at while they were trained
inside      what each part of them does
compute     what this computer can compute with
reading     what they make of texts, and what they read
work        what takes long, done once for all and ahead
"""
