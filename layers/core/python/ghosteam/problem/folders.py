"""The problems of a repository, each read when it is first asked for.

Reading one takes a tenth of a second where it has 200 features: a function that works on one of 200
problems must not read them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from ghosteam.problem.load import FILE_NAME, load_problem
from ghosteam.problem.spec import Problem


class Folders(Mapping[str, Problem]):
    """Problems by name, in the order of their names. Which there are is looked up once, and says
    nothing of whether they are valid.

    Raises, where a problem is asked for:
        InvalidInput: its folder describes no valid problem.
    """

    def __init__(self, repository: Path, *, environment: str | None = None) -> None:
        self._repository, self._environment = repository, environment
        self._read: dict[str, Problem] = {}

    def __getitem__(self, name: str) -> Problem:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = load_problem(self._repository / name, environment=self._environment)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @cached_property
    def _names(self) -> dict[str, None]:
        found = sorted(path.parent.name for path in self._repository.glob(f"*/{FILE_NAME}"))
        return dict.fromkeys(found)
