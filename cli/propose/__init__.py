"""``ghosteam features <problem> --propose``: what the data offer, and what it would gain."""
