"""Triggers: what may start a run, how its event reads, and which rules it passes over."""
