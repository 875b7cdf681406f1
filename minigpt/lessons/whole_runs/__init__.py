"""What whole trainings teach: the rungs of the ladder beside each other, and models that break.

rungs      the rungs before any training: their sizes, their first loss, whether order counts
climb      what came out where every rung was trained, and what others report of such a ladder
small_gpt  a GPT of which parts can be left out
broken     short trainings that are sound, or have a fault
"""
