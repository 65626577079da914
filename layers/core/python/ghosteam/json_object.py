"""JSON objects whose fields are not ours to name."""

from __future__ import annotations

from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object whose form only somebody else knows: a user's row or secret, the fields of a
``problem.yaml`` before it is checked, what another service's API or a library gives and takes.

What Ghosteam itself writes has a form that is known here: a document is a dataclass
(``documents/``), a part of one or an answer a ``TypedDict``, and what is only passed on a
``Mapping[str, object]``. ``dict[str, Any]`` stands nowhere else in the library
(``tests/contract/test_house.py``).
"""
