"""A training run is a directory, its worker a process of its own, its status derived from both."""
