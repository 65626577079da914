"""The use cases: one for each function or job, where pure code meets AWS."""
