"""The references of ``problem.yaml``, with its JSON Schema, and of the stored documents, made from
the code.
"""
