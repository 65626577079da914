"""Kinds of things that a problem names, such as metrics: a member is one file and its name."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Generic, TypeVar, cast

from ghosteam.errors import Defect

Member = TypeVar("Member")


@dataclass(frozen=True)
class Registry(Generic[Member]):
    """The members of one ``kind``: modules of ``package`` called ``names``, each with a ``MEMBER``.

    A member's module is imported when it is asked for, and imports heavy libraries in its
    functions alone: naming one costs nothing.
    """

    kind: str
    package: str
    names: tuple[str, ...]

    def find(self, name: str) -> Member:
        """The member called ``name``. Raises Defect when there is none: a problem's specification
        allows only known ones.
        """
        if name not in self.names:
            raise Defect(
                f"There is no {self.kind} {name!r}", remedy=f"Known are {', '.join(self.names)}"
            )
        return cast(Member, import_module(f"{self.package}.{name}").MEMBER)
