"""What the lessons compute, as numbers: nothing here draws, and no number is written down.

Beside each function stand the lines of a notebook that give the same, so that a reader can check.

snippet        the lines of a notebook, with the values that were chosen
excerpts       the places of tiny Shakespeare that a well-known lecture looks at
seeded_draws   random numbers that nobody else disturbs
token_ids      text to tokens and back
examples       contexts, targets, batches, and the part that is kept away
bigram_table   a table of pairs, before, during and after training
averages       averages over the past, by a triangle
one_head       a head of attention, stage by stage
head_variants  heads that are built otherwise
whole_gpt      what makes a whole GPT of heads
whole_runs     what whole trainings teach
vectors        what vectors of tokens and places say
copying        a head that copies, over its training
choosing       from odds to the next token
playing        what a reader plays with a trained model
handed_in      what a class has said, out of the reports that it hands in
"""
