"""A job in motion: the queue, its limits, its processes."""
