"""The parts that rungs are made of."""
