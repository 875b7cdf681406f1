"""A job in motion: the queue, its limits, its processes.

submission   making a run and putting it in the queue
queue        runs that wait
fairness     who is next
limits       what one person may take
actions      what people can do to a run
processes    starting a worker, and knowing it again
fork_server  what workers are forked from, so that they begin at once
termination  ending a worker that does not answer
twins        runs that differ from one by a passage or a seed
machine      cores, memory, and devices
worker       the process that trains one run
estimate     what a training will take
train        train a run and wait for its end, as a notebook or a script does
"""
