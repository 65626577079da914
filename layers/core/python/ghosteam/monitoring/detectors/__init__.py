"""Drift detectors: how far values are from a reference, and how far chance alone takes them."""
