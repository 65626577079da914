"""Ghosteam's domain library: the learning loop, its decisions and its statistics."""
