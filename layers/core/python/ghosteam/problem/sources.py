"""Where a data set's rows come from when nobody drops files: an HTTP API, a SQL database, a Kinesis
stream.

A pulled source remembers a watermark, the greatest value of its cursor that has landed: a time or a
whole number. Each pull asks for what is newer. Rows that come twice count once, so a pull may be
repeated, and may overlap the last one.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ghosteam.problem.cron import Cron, longest_wait
from ghosteam.problem.durations import Duration

Mark = int | datetime
_SECRET = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")


def parse_mark(value: object, like: Mark) -> Mark | None:
    """A cursor's value as the kind of ``like``: a whole number, or an aware UTC time. None when it
    is neither.

    Times are ISO-8601 text or date-times; without a zone they are UTC.
    """
    if isinstance(like, int):
        if isinstance(value, bool) or (
            isinstance(value, str) and not re.fullmatch(r"-?\d{1,30}", value.strip())
        ):
            return None
        return int(value) if isinstance(value, int | str) else None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
        return _in_utc(moment) if isinstance(moment, datetime) else None
    except (ValueError, OverflowError):
        return None


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _start(value: Any) -> Mark:
    like: Mark = 0 if isinstance(value, int) else datetime.min
    mark = parse_mark(value, like)
    if mark is None:
        raise ValueError(
            f"{value!r} is no start; write a whole number, or a time such as 2024-01-01T00:00:00Z"
        )
    return mark


def _secret(text: str) -> str:
    if not _SECRET.fullmatch(text):
        raise ValueError(
            f"{text!r} is not the name of a secret; write its name in Secrets Manager, not its "
            "value"
        )
    return text


def _whole_minutes(value: timedelta) -> timedelta:
    if value < timedelta(minutes=1) or value % timedelta(minutes=1):
        raise ValueError("'every' must be whole minutes, one or more, such as 15m or 1h")
    return value


SecretName = Annotated[str, AfterValidator(_secret)]
Every = Annotated[Duration, AfterValidator(_whole_minutes)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cursor(_Model):
    """``field`` grows with every change of a row. ``start``: where the first pull begins; it
    decides between times and numbers.

    ``overlap``: how far behind the watermark each pull asks again, for rows that become visible
    late.
    """

    field: str = Field(min_length=1)
    start: Annotated[Mark, BeforeValidator(_start)]
    overlap: Duration = timedelta()

    @model_validator(mode="after")
    def _overlap_is_time(self) -> Cursor:
        if self.overlap and isinstance(self.start, int):
            raise ValueError("overlap needs a cursor that is a time; 'start' is a number")
        return self


class HttpCursor(Cursor):
    """``parameter``: the query parameter that gets the watermark."""

    parameter: str = Field(min_length=1)


class Next(_Model):
    """How a page names its successor: by a ``field`` (a path such as ``meta.next``) that holds its
    URL or, with ``parameter``, a token; or by the answer's ``header``, which is ``link``. Or it
    names none, and the query parameter ``page`` counts pages up, from the ``first`` to one without
    rows.
    """

    field: str | None = Field(default=None, min_length=1)
    parameter: str | None = None
    header: Literal["link"] | None = None
    page: str | None = Field(default=None, min_length=1)
    first: int = Field(default=1, ge=0)

    @model_validator(mode="after")
    def _one_way(self) -> Next:
        if sum(way is not None for way in (self.field, self.header, self.page)) != 1:
            raise ValueError("write one of 'field', 'header: link' and 'page'")
        if self.parameter and not self.field:
            raise ValueError("only a token in a 'field' goes into a 'parameter': remove it")
        if "first" in self.model_fields_set and not self.page:
            raise ValueError("'first' is the number of the first 'page': remove it")
        return self


class Header(_Model):
    """A request header whose whole value is a secret's text."""

    name: str = Field(pattern=r"^[A-Za-z0-9-]{1,64}$")
    secret: SecretName


class _Pulled(_Model):
    """A pull comes ``every`` so many minutes, or at the times that ``cron`` has, in UTC.

    ``max_bytes``: the size of what one pull lands, as JSON lines.
    """

    dataset: str
    every: Every | None = None
    cron: Cron | None = None
    max_bytes: int = Field(default=50_000_000, ge=1000, le=200_000_000)

    @model_validator(mode="after")
    def _by_one_clock(self) -> _Pulled:
        if (self.every is None) == (self.cron is None):
            raise ValueError(
                "write one of 'every', such as 1h, and 'cron', such as \"30 6 * * ? *\""
            )
        return self

    @property
    def longest_wait(self) -> timedelta | None:
        """The longest time from one pull to the next; None: there is no saying."""
        return longest_wait(self.cron) if self.cron else self.every


class HttpSource(_Pulled):
    """Pages of JSON from ``url``. ``rows``: path of the list of rows in a page; empty when the page
    is the list.
    """

    kind: Literal["http"]
    url: str
    rows: str = ""
    next: Next | None = None
    cursor: HttpCursor
    header: Header | None = None

    @model_validator(mode="after")
    def _reachable_safely(self) -> HttpSource:
        parts = urlsplit(self.url)
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.fragment:
            raise ValueError("url must be https://<host>/…, without a user name and without '#'")
        if self.next and self.next.field and not self.rows:
            raise ValueError(
                "next needs 'rows': a page that is a bare list has no field for its successor"
            )
        return self


class SqlSource(_Pulled):
    """Rows of a query in PostgreSQL, MySQL, MariaDB or SQL Server, which holds ``:watermark`` where
    newer rows begin.

    ``secret`` holds JSON: host, username, password, and optionally engine, port, dbname and ca
    (certificates in PEM that the server's must be signed by).
    """

    kind: Literal["sql"]
    query: str
    cursor: Cursor
    secret: SecretName

    @model_validator(mode="after")
    def _asks_for_what_is_newer(self) -> SqlSource:
        if not re.search(r"(?<!:):watermark\b", self.query):
            raise ValueError("query must hold :watermark, such as WHERE updated_at > :watermark")
        if ";" in self.query.strip().rstrip(";"):
            raise ValueError("query must be one statement")
        return self


class StreamSource(_Model):
    """A Kinesis stream of this deployment; each record is one row as a JSON object.

    ``every``: how long records are gathered at most before they land as a file.
    """

    kind: Literal["stream"]
    dataset: str
    every: Duration = timedelta(minutes=1)
    shards: int = Field(default=1, ge=1, le=200)
    keep: Duration = timedelta(days=1)

    @model_validator(mode="after")
    def _within_what_aws_takes(self) -> StreamSource:
        if not timedelta() <= self.every <= timedelta(minutes=5):
            raise ValueError("'every' of a stream is at most 5m")
        if not timedelta(days=1) <= self.keep <= timedelta(days=365) or self.keep % timedelta(
            hours=1
        ):
            raise ValueError("'keep' is between 1d and 365d in whole hours")
        return self


PulledSource = HttpSource | SqlSource
Source = Annotated[HttpSource | SqlSource | StreamSource, Field(discriminator="kind")]
