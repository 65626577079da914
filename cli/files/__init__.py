"""Files as people have them, and as the loop takes them."""
