"""MiniGPT: train a small GPT on a text, generate with it and look inside it.

The package is the core that the app and the command line share. It draws nothing and
prints nothing; every part can be used alone:

    corpora        texts to learn from
    tokenizers     text <-> token ids
    models         the ladder of language models, from bigram to GPT
    training       batches, loss, optimizer, and the loop that yields one report a step
    sampling       from logits to the next token
    introspection  what happens inside a model on one text
    checkpoints    weights on disk, verified by checksum
    interop        Hugging Face folders, in and out
    runs           a training run is a directory, its worker a process of its own
    cli            python -m minigpt
"""
