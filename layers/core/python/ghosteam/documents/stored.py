"""What all documents have in common: a dataclass that is written as JSON and read again.

A document says which version of its form it has. What was written in an older one is brought up to
date as it is read, see :mod:`ghosteam.documents.upgrades`; a newer one is refused.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import AfterValidator, TypeAdapter, ValidationError

from ghosteam.documents.upgrades import up_to_date
from ghosteam.errors import Defect


def _in_utc(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError("the time has no zone")
    return time.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A time with a zone, in UTC."""
FORM = "schema_version"
_FIRST = 1
Part = TypeVar("Part")
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


@dataclasses.dataclass(frozen=True)
class Stored:
    """A document. ``schema_version`` grows whenever its form changes in a way that older readers or
    writers would not understand; each step then stands in ``upgrades.py``.
    """

    kind: ClassVar[str]
    schema_version: ClassVar[int] = _FIRST

    def to_json(self) -> dict[str, object]:
        """The stored form."""
        return {FORM: self.schema_version, **_plain(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Self:
        """Inverse of :meth:`to_json`; of older forms too.

        Raises:
            Defect: it is of a newer form, or lacks what it must hold.
        """
        found = cls.form_of(data)
        if found > cls.schema_version:
            raise Defect(
                f"The {cls.kind} was written by a newer release (form {found}; known are forms up "
                f"to {cls.schema_version})",
                remedy="Deploy the newest release again",
            )
        body = {name: value for name, value in data.items() if name != FORM}
        return part_of(cls, up_to_date(cls.kind, found, cls.schema_version, body), what=cls.kind)

    @classmethod
    def form_of(cls, data: Mapping[str, object]) -> int:
        """The form that a stored document says it has."""
        return int(str(data.get(FORM, _FIRST)))


def part_of(form: type[Part], data: Mapping[str, object], *, what: str) -> Part:
    """A dataclass from its JSON form; fields that it does not know are left out.

    Raises:
        Defect: a field is missing or has another type.
    """
    try:
        read: Part = _adapter(form).validate_python(data)
        return read
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(step) for step in first["loc"])
        raise Defect(
            f"The {what} cannot be read: {field}: {first['msg']}",
            where={"field": field},
            remedy="Find out who wrote it; only Ghosteam writes this document",
        ) from None


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _adapter(form: type[Part]) -> TypeAdapter[Part]:
    if form not in _ADAPTERS:
        _ADAPTERS[form] = TypeAdapter(form)
    return _ADAPTERS[form]
