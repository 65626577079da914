"""When a new model is trained, on what, and what becomes of it."""
