"""A command asks or prepares: no row of a run depends on it."""
