"""What a training will take, told before it starts.

estimate        time and memory, before a training starts
memory          bytes, and refusing what does not fit (training.cost has the model's)
time_range      between which times a run will end, and what that is told from
analytic        by arithmetic, where nothing was measured
measurements    what the parts take here, as timed and as runs have shown; kept on the disk
calibration     timing a few steps before a training starts
timing          measuring the parts of a training
timing_process  the process that measures
token_counts    what has to be known of the text
"""
