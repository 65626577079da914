"""Model families: one file a family, which owns its encoding, its search space, fit and file."""
