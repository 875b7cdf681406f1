"""What the figures of finished and running trainings say.

metric_history  what a run has written so far
verdict         what is to be said of a run, in words
rules           by what it is judged, with all thresholds
remedies        why it may be so, and what to change
evidence        what of its files that rests on
loss_in_words   what a loss means in words
curves          thinned, smoothed, compared
leaderboard     which run did most with equal compute
config_diff     in what settings differ
head_report     the report card of a run's heads, as a table or JSON
receipt_report  what a prediction is made of
inside          experiments inside the models of runs
"""
