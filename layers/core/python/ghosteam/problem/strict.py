"""What all parts of a specification have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from ghosteam.registry import Registry


class Strict(BaseModel):
    """Takes the fields that it declares and no others, numbers that are finite, and does not
    change.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class OneOf:
    """Annotation of a text that names a member of ``registry`` that is not among ``without``; which
    there are is looked up when a text is checked.
    """

    registry: Registry[Any]
    without: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """What it may be."""
        return [name for name in self.registry.names if name not in self.without]

    def check(self, text: str) -> str:
        """``text``; raises ValueError when it names no member."""
        if text not in self.names:
            known = ", ".join(self.names)
            raise ValueError(f"{text!r} is no {self.registry.kind}; there are {known}")
        return text

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> JsonSchemaValue:
        return {"type": "string", "enum": self.names}
