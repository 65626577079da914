"""Thin adapters to AWS. Each takes its client as an argument and translates vendor errors once."""
