"""The process that trains one run.

process      begins and ends the worker
forking      what workers are copies of, so that they begin at once
session      one training from settings to end: what is written and obeyed after each step
setup        the run's text and tokens
recorder     what a worker writes down
heads        where its heads look meanwhile
frames       what they look at in one text, as a film
control      what people ask of a worker
threads      decides how many, on the way; training.trainer sets them
throughput   speed, and when to save
tensorboard  event files for TensorBoard
"""
