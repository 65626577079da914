"""What callers may send while the models that serve learned by other definitions than the folder's.

A folder changes at once; models and callers follow one after the other. A request may hold what the
folder or any serving model knows, and must hold what all of them need. Each model is asked
by its own definition: what a row lacks for it, or holds in another type, is null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from ghosteam.errors import InvalidInput
from ghosteam.problem.nulls import BLANKS
from ghosteam.problem.spec import Problem
from ghosteam.serving.request import RowField, instances_model, request_fields

Row = Mapping[str, object]
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""What files read as a number."""


@dataclass(frozen=True)
class Asked:
    """A row as a model is asked it. ``lacking``: columns that the model needs and that the row
    does not hold, or not as values that the model knows.
    """

    values: Row
    lacking: tuple[str, ...] = ()


class RequestForm:
    """The form of requests to a problem. ``folder``: the problem as it is deployed; ``serving``: as
    each model that serves learned it, none if there is no model yet.
    """

    def __init__(self, folder: Problem, serving: Sequence[Problem] = ()) -> None:
        known = [request_fields(problem) for problem in (folder, *serving)]
        described = {_described(problem) for problem in (folder, *serving)}
        self._one = len(described) == 1
        fields = known[0] if self._one else _united(known)
        self.model: type[BaseModel] = instances_model(folder, fields)
        self._times = {} if self._one else _ways_to_tell_times(known)

    def rows(self, body: object) -> list[Row]:
        """The rows of a request's body, in their order.

        Raises:
            pydantic.ValidationError: it is none.
        """
        read = self.model.model_validate(body)
        if not self._one:
            # Checked, but as they came: each model reads them by its own definition.
            assert isinstance(body, Mapping)
            return list(body["instances"])
        rows: list[BaseModel] = read.instances  # type: ignore[attr-defined]
        return [row.model_dump(by_alias=True) for row in rows]

    def asked(self, rows: Sequence[Row], problem: Problem) -> list[Asked]:
        """Rows as the model is asked them that learned by ``problem``.

        Raises:
            InvalidInput: a row lacks what names its event or gives its time, and has no other.
        """
        if self._one:
            return [Asked(row) for row in rows]
        fields = request_fields(problem)
        readers = self._readers(fields)
        found = []
        for number, row in enumerate(rows):
            values = {name: readers[name](row.get(name)) for name in fields}
            lacking = tuple(
                name for name, field in fields.items() if field.needed and values[name] is None
            )
            for name in problem.event_time_expression.columns:
                if name in lacking:
                    raise InvalidInput(
                        f"{name!r} gives the event's time for the model that serves",
                        where={"row": number, "field": name},
                        remedy="Send it until a model serves that needs it no more",
                    )
            found.append(Asked(values, lacking))
        return found

    def named(self, rows: Sequence[Row], problem: Problem) -> list[Row | None]:
        """The columns by which labels of ``problem`` name each row's event; None where a row does
        not hold them.
        """
        if self._one:
            return list(rows)
        fields = request_fields(problem)
        readers = self._readers({name: fields[name] for name in problem.label_key})
        found: list[Row | None] = []
        for row in rows:
            values = {name: read(row.get(name)) for name, read in readers.items()}
            found.append(None if None in values.values() else values)
        return found

    def _readers(self, fields: Mapping[str, RowField]) -> dict[str, Callable[[Any], Any]]:
        """How a definition with these fields reads each of them."""
        return {
            name: partial(
                _value,
                adapter=TypeAdapter(field.type),
                others=self._times[name] if field.is_time else (),
            )
            for name, field in fields.items()
        }


def _described(problem: Problem) -> str:
    """Equal for problems whose requests are alike."""
    columns = {
        name: problem.events.columns[name].model_dump(mode="json", exclude_defaults=True)
        for name in problem.request_columns
    }
    markers = {name: problem.events.null_markers(name) for name in columns}
    return repr((columns, markers, problem.naming_columns, problem.event_time))


def _united(known: Sequence[Mapping[str, RowField]]) -> dict[str, RowField]:
    names = dict.fromkeys(name for fields in known for name in fields)
    united = {}
    for name in names:
        alternatives = [fields[name] for fields in known if name in fields]
        needed = all(name in fields and fields[name].needed for fields in known)
        type = reduce(or_, (field.type for field in alternatives))
        united[name] = RowField(type if needed else type | None, needed, alternatives[0].example)
    return united


def _ways_to_tell_times(
    known: Sequence[Mapping[str, RowField]],
) -> dict[str, list[TypeAdapter[Any]]]:
    """How each definition reads a column that it knows as a time, by column."""
    ways: dict[str, list[TypeAdapter[Any]]] = {}
    for fields in known:
        for name, field in fields.items():
            if field.is_time:
                ways.setdefault(name, []).append(TypeAdapter(field.type))
    return ways


def _value(given: Any, adapter: TypeAdapter[Any], others: Sequence[TypeAdapter[Any]]) -> Any:
    """``given`` as a field takes it; where it is of another type, what it says without loss;
    else None. ``others``: how else a time may be told; it is the same moment then.
    """
    attempts = [(adapter, given), *((adapter, again) for again in _recast(given))]
    for reader, attempt in (*attempts, *((other, given) for other in others)):
        try:
            return reader.validate_python(attempt)
        except ValidationError:
            continue
    return None


def _recast(given: Any) -> list[Any]:
    """The same said in another type: ``"12"`` for 12, 1 for true, and the other way round."""
    if isinstance(given, str):
        return [float(given)] if _NUMBER.fullmatch(given.strip(BLANKS)) else []
    if isinstance(given, bool):
        return [int(given)]
    return [str(given)] if isinstance(given, int | float) else []
