"""Families, metrics, search, evaluation, gates and the package of a model."""
