"""What a reader plays with a trained model: guessing against it, and teaching it another text.

held_out     a piece of text that the demo model never learnt from, and passages of it to guess
guesses      how many guesses each letter took, and what Shannon's bounds make of that
rivals       what models and counts would have guessed, letter by letter
stretches    how much depends on which letters it was
counting     how far counting goes, by how long the runs are that are counted
fine_tuning  a model goes on learning from another text, and what it forgets by that
tuned        what became of a model by that
"""
