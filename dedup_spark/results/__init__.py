"""A result is what a notebook holds of one run: its tables, and values that show themselves with their pictures."""
