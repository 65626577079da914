"""The reference of ``problem.yaml`` and its JSON Schema, made from the grammar."""
