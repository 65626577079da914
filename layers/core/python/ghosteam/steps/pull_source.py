"""Use case: what is new at a source lands as one file; then, and only then, the watermark moves.

A pull that dies in between is repeated: the same rows land under the same key, or together with
newer ones, and count once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ghosteam.aws.objects import Objects
from ghosteam.aws.secrets import Secrets
from ghosteam.aws.watermarks import Watermarks
from ghosteam.documents import keys
from ghosteam.documents.watermark import Watermark, asked_from, is_later, mark_text
from ghosteam.errors import InvalidInput, NotFound, TooLarge
from ghosteam.json_object import JsonObject
from ghosteam.problem.load import find_problem
from ghosteam.problem.sources import HttpSource, Mark, PulledSource, SqlSource, StreamSource
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import count
from ghosteam.sources.collect import Collected, collect
from ghosteam.sources.database import DatabaseCursor, read_rows
from ghosteam.sources.http_pages import Fetch, read_pages
from ghosteam.sources.patience import PatientFetch
from ghosteam.sources.tagged_page import TaggedFetch


@dataclass(frozen=True)
class Pulling:
    """Everything that pulling needs; ``open_cursor`` gets the JSON of a database's secret, ``wait``
    seconds.
    """

    landing: Objects
    watermarks: Watermarks
    secrets: Secrets
    fetch: Fetch
    open_cursor: Callable[[JsonObject], AbstractContextManager[DatabaseCursor]]
    wait: Callable[[float], None]
    problems: Mapping[str, Problem]


def pull_source(event: JsonObject, pulling: Pulling, *, now: datetime) -> JsonObject:
    """Pull the source that ``event`` names (``{"problem", "source"}``); ``now``: wall clock, UTC.

    Returns ``{"rows", "key": landing key or null, "watermark", "complete"}``; when ``complete`` is
    false the next pull goes on.

    Raises:
        NotFound: there is no such problem or source.
        InvalidInput, TooLarge: what the source answers cannot be used; nothing lands and the
            watermark stays.
        Transient, Defect: the source cannot be reached, or refuses us.
    """
    problem, name, source = _named(event, pulling.problems)
    before = pulling.watermarks.get(problem.problem, name, source.cursor)
    is_http = isinstance(source, HttpSource)
    known = pulling.watermarks.tag(problem.problem, name) if is_http else None
    tagged = TaggedFetch(PatientFetch(pulling.fetch, pulling.wait), known)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        with _rows(source, asked_from(before, source.cursor), tagged, pulling) as rows:
            found = collect(
                rows,
                path,
                field=source.cursor.field,
                start=source.cursor.start,
                max_bytes=source.max_bytes,
                ordered=isinstance(source, SqlSource),
            )
        key = _land(problem, name, source, found, path, pulling) if found.rows else None
    after = found.mark if found.mark is not None and is_later(found.mark, before) else before
    if not found.complete and after == before:
        raise TooLarge(
            f"The overlap of {source.cursor.overlap} holds more than {source.max_bytes} bytes: the "
            "watermark cannot move",
            where={"problem": problem.problem, "source": name},
            remedy="Raise max_bytes, or shorten the overlap",
        )
    if key:
        reached = Watermark(watermark=mark_text(after), key=key, rows=found.rows, pulled_at=now)
        pulling.watermarks.advance(problem.problem, name, source.cursor, reached)
    if tagged.found and tagged.found != known:
        # Not before its rows have landed: of an unchanged page none are read.
        pulling.watermarks.keep_tag(problem.problem, name, tagged.found)
    count("RowsPulled", found.rows, Problem=problem.problem, Source=name)
    return {
        "rows": found.rows,
        "key": key,
        "watermark": mark_text(after),
        "complete": found.complete,
    }


def _named(event: JsonObject, problems: Mapping[str, Problem]) -> tuple[Problem, str, PulledSource]:
    for field in ("problem", "source"):
        if not isinstance(event.get(field), str):
            raise InvalidInput(
                f"The {field} is missing",
                where={"field": field},
                remedy='Send {"problem": …, "source": …}',
            )
    problem = find_problem(problems, event["problem"])
    source = problem.sources.get(event["source"])
    if source is None or isinstance(source, StreamSource):
        pulled = [
            name for name, one in problem.sources.items() if not isinstance(one, StreamSource)
        ]
        raise NotFound(
            f"The problem {problem.problem!r} pulls no source {event['source']!r}",
            where={"source": event["source"]},
            remedy=f"Known sources: {', '.join(pulled) or 'none'}",
        )
    return problem, event["source"], source


@contextmanager
def _rows(
    source: PulledSource, since: Mark, fetch: Fetch, pulling: Pulling
) -> Iterator[Iterator[JsonObject]]:
    if isinstance(source, HttpSource):
        headers = (
            {source.header.name: pulling.secrets.text(source.header.secret).strip()}
            if source.header
            else {}
        )
        yield read_pages(source, mark_text(since), headers, fetch)
    else:
        with pulling.open_cursor(pulling.secrets.json(source.secret)) as cursor:
            yield read_rows(cursor, source.query, source.cursor.field, mark_text(since))


def _land(
    problem: Problem,
    name: str,
    source: PulledSource,
    found: Collected,
    path: Path,
    pulling: Pulling,
) -> str:
    place = keys.landed_from(problem.problem, source.dataset, name)
    key = f"{place}{found.digest[:32]}.jsonl"
    with path.open("rb") as body:
        pulling.landing.put(key, body, content_type="application/x-ndjson")
    return key
