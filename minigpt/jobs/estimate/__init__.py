"""What a training will take, told before it starts.

estimate        time and memory, before a training starts
memory          bytes, and refusing what does not fit
analytic        by arithmetic, where nothing was measured
calibration     as measured here, kept on the disk
timing          measuring the parts of a training
timing_process  the process that measures
token_counts    what has to be known of the text
"""
