"""The page of all runs.

table        runs as a table
compare      several runs on one chart
heads        which heads the compared runs grew
leaderboard  most with equal compute
edit         name, tag, download, delete
"""
