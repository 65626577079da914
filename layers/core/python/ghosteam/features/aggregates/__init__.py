"""What a window makes of its rows: one file an aggregate."""
