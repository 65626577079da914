"""Paths of the API that its routes and its gateway must agree on."""

DOCS = "/docs"
DOCS_FILES = "/docs-files"
"""Scripts and styles of ``/docs``: served from here, so that the page needs no other host."""
DESCRIPTION = "/openapi.json"
ACTIONS = {"predict": "POST", "model": "GET", "events": "POST", "labels": "POST"}
"""What is asked of a problem, at ``/v1/<problem>/<action>``, and by which method."""
OTHER_METHODS = ("PUT", "PATCH", "DELETE")
"""Nothing is asked by these. OPTIONS is the gateway's own, for browsers."""
