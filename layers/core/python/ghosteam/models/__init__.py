"""Models: families, search, evaluation, gates, packaging."""
