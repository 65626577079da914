"""Files as people have them: what lands of them, and what many of their rows show together."""
