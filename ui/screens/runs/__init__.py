"""The page of all runs.

table        runs as a table
compare      several runs on one chart
leaderboard  most with equal compute
edit         name, tag, download, delete
"""
