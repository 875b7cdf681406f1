"""What the figures of finished and running trainings say.

metric_history  what a run has written so far
head_history    how heads came to look where they look
curves          thinned, smoothed, compared
leaderboard     which run did most with equal compute
config_diff     in what settings differ
"""
