"""Monitoring: statistics, windows, verdicts and the policies that act on them."""
