"""From files to a problem: what the data say by themselves. Pure: tables in, guesses out."""
