"""Kinds of things that a problem names, such as metrics: a member is one file and its name.

A package that is installed beside this one adds members by entry points (``importlib.metadata``) in
the group of the kind, such as ``ghosteam.metrics``. They are listed once in a process, from the
packages' metadata, and imported when they are asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar, cast

from ghosteam.errors import Defect

Member = TypeVar("Member")


@dataclass(frozen=True)
class Registry(Generic[Member]):
    """The members of one ``kind``: modules of ``package`` called ``built_in``, each with a
    ``MEMBER``, and what other packages register.

    A member's module is imported when it is asked for, and imports heavy libraries in its
    functions alone: naming one costs nothing.
    """

    kind: str
    package: str
    built_in: tuple[str, ...]

    @property
    def group(self) -> str:
        """The group of entry points in which others register members."""
        return f"ghosteam.{self.package.rpartition('.')[2]}"

    @property
    def names(self) -> tuple[str, ...]:
        """All members: the built-in ones, then the registered ones in the order of the alphabet.

        Raises Defect when a registered one has the name of another.
        """
        return (*self.built_in, *sorted(self._registered))

    def find(self, name: str) -> Member:
        """The member called ``name``.

        Raises Defect when there is none (a problem's specification allows only known ones), or a
        registered one cannot be imported or calls itself something else.
        """
        if name not in self.names:
            raise Defect(
                f"There is no {self.kind} {name!r}", remedy=f"Known are {', '.join(self.names)}"
            )
        if name in self.built_in:
            return cast(Member, import_module(f"{self.package}.{name}").MEMBER)
        return cast(Member, self._load(self._registered[name]))

    @property
    def _registered(self) -> Mapping[str, EntryPoint]:
        found = _entry_points().get(self.group)
        if not found:
            return {}
        counts = Counter([*self.built_in, *(entry.name for entry in found)])
        for entry in found:
            if counts[entry.name] > 1:
                owner = "a built-in one" if entry.name in self.built_in else "another package's"
                raise Defect(
                    f"The registered {self.kind} {entry.name!r} has the name of {owner}",
                    where=self._place_of(entry),
                    remedy="Give it a name of its own, or uninstall its package",
                )
        return {entry.name: entry for entry in found}

    def _load(self, entry: EntryPoint) -> Any:
        try:
            member = entry.load()
        except (ImportError, AttributeError) as error:
            raise Defect(
                f"The registered {self.kind} {entry.name!r} cannot be imported: {error}",
                where=self._place_of(entry),
                remedy="Install its package and what that needs here too, or fix its entry point",
            ) from error
        called = getattr(member, "name", None)
        if called != entry.name:
            raise Defect(
                f"The registered {self.kind} {entry.name!r} calls itself {called!r}",
                where=self._place_of(entry),
                remedy="Let the entry point lead to the member, under the member's name",
            )
        return member

    def _place_of(self, entry: EntryPoint) -> dict[str, object]:
        package = entry.dist.name if entry.dist else "unknown"
        return {"package": package, "group": self.group, "entry_point": entry.value}


@cache
def _entry_points() -> Mapping[str, tuple[EntryPoint, ...]]:
    """The entry points of each group of ours; reads metadata and imports nothing."""
    found = entry_points()
    ours = (group for group in found.groups if group.startswith("ghosteam."))
    return {group: tuple(found.select(group=group)) for group in ours}
