"""What takes long, so that it is done once for all and, where it can be, before anybody waits.

pieces  one computation for all who wait for it, carried on by any of them
ahead   what is likely to be asked for next, computed while nobody asks for anything
"""
