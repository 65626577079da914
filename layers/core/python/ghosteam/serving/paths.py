"""Paths of the API that its routes and its gateway must agree on."""

DOCS = "/docs"
DOCS_FILES = "/docs-files"
"""Scripts and styles of ``/docs``: served from here, so that the page needs no other host."""
DESCRIPTION = "/openapi.json"
