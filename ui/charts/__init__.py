"""Pure functions from numbers to figures.

loss     loss over a training
overlay  several runs on one chart
heatmap  attention weights
axes     units, ends, ticks
options  how a visitor wants charts drawn
"""
