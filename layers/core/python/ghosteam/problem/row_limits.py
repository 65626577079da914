"""How many rows are enough to learn from, and to be judged by."""

MIN_HOLDOUT_ROWS = 100
"""Of the hold-out."""
MIN_PART_ROWS = 100
"""Of each of the two parts of the training rows: one to learn from, one to choose by."""
