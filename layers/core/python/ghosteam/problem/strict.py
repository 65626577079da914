"""What all parts of a specification have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import AfterValidator, BaseModel, ConfigDict, WithJsonSchema


class Strict(BaseModel):
    """Takes the fields that it declares and no others, and does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def one_of(kind: str, names: Iterable[str]) -> tuple[Any, Any]:
    """Annotations of a text that is one of ``names``, the members of a registry."""
    known = tuple(names)

    def check(text: str) -> str:
        if text not in known:
            raise ValueError(f"{text!r} is no {kind}; there are {', '.join(known)}")
        return text

    return AfterValidator(check), WithJsonSchema({"type": "string", "enum": list(known)})
