"""Batches, loss, optimizer, and the loop that yields one report a step.

config       how a model is trained
trainer      the loop, as a stream of reports; sets the threads of each step
step         one update of the weights
batches      windows cut from a stream of tokens
loss         surprise at the next token
optimizers   ways to turn gradients into steps
schedule     the learning rate over the steps
precision    what computes, and in which precision
progress     enough to go on exactly
cost         operations and memory of a training
distributed  processes that share one training
ranks        which of several processes this is
"""
