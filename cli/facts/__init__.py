"""What the documents of a problem say: facts, each a sentence and the document that it is from.

``ghosteam status`` and ``ghosteam why`` are made of them. Nothing here asks AWS.
"""
