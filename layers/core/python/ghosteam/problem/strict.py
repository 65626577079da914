"""What all parts of a specification have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Takes the fields that it declares and no others, and does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
