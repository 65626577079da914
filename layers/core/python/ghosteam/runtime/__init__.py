"""What a function needs around its use case: settings, events, observability, the boundary that
maps errors.
"""
