"""What the figures of finished and running trainings say."""
