"""A problem's definition as it is kept: as JSON, under a digest of its content.

What a model learned from stays true of it, whatever the folder says later. A definition is the
specification without what stands at its default, so that a release with more fields leaves the
digests of those who do not use them as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from ghosteam.json_object import JsonObject
from ghosteam.problem.spec import Problem

POLICIES = ("model", "holdout", "promote", "decide", "serve", "watch", "retrain", "sources")
"""Fields of a problem that say how it is worked on. The others say what its data mean."""


def written(problem: Problem) -> JsonObject:
    """The definition as JSON; :func:`read` is the inverse."""
    return problem.model_dump(mode="json", exclude_defaults=True, by_alias=True)


def read(definition: Mapping[str, object]) -> Problem:
    """The problem of a definition that :func:`written` gave."""
    return Problem.model_validate(definition)


def digest_of(definition: Mapping[str, object]) -> str:
    """SHA-256 (hexadecimal) of JSON, whatever the order of its keys."""
    text = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def with_policies_of(meant: Problem, folder: Problem) -> Problem:
    """What the data mean by ``meant``, worked on as ``folder`` says."""
    return meant.model_copy(update={name: getattr(folder, name) for name in POLICIES})
