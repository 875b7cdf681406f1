"""A training run is a directory, its worker a process of its own, its status derived from both.

config          everything needed to reproduce a run
synonyms        other names of the settings
presets         ready-made settings, with reasons
directory       a run's files
records         what each file says, typed
status          queued, running, killed, finished ..., from a run's files
store           create, find, list, rename, delete
labels          names, ids, tags and notes
tail            watching a run until it ends
warm_start      runs that begin with the weights of another: forks, fine-tuning
trained_model   a model with its tokenizer
attention       what its heads look at
analysis        what the figures say
transfer        runs in and out of this machine
"""
