"""What answers for a model: one file a backend."""
