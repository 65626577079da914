"""Constructs, each with one role."""
