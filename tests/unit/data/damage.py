"""Files of every format, and damaged copies of them: the same for the same number."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

Rows = list[dict[str, Any]]
_TOKENS = (
    b'"', b"'", b",", b";", b"\t", b"|", b"\n", b"\r\n", b"\r", b"\n\n", b"\0", b"\\", b"\xff",
    b"\xe9", b"\xc3\xa9", b"\xef\xbb\xbf", b"\xff\xfe", b"NA", b"1e400", b"-0", b"1,5", b"1.234,5",
    b"9" * 400, b"{", b"}", b"[", b"]", b"null", b"true", b'\\ud800', b"a" * 3000, b"PAR1",
    b"9999-99-99", b"2013-01-01T00:00:00Z", b"_row",
)  # fmt: skip


def rows_of(chance: random.Random, count: int) -> Rows:
    """Good rows: a number, a text with whatever CSV has to quote, a number, a time, a flag."""
    begin = datetime(2013, 1, 1, tzinfo=UTC)
    texts = ["plain", "Zoë", 'with "quotes"', "a;b", "a,b", "two\nlines", "", "日本"]
    return [
        {
            "id": number,
            "name": chance.choice(texts),
            "price": round(chance.uniform(-1e4, 1e4), 2),
            "at": (begin + timedelta(hours=number)).isoformat(),
            "good": chance.random() < 0.5,
        }
        for number in range(count)
    ]


def csv_in_a_dialect(rows: Rows, chance: random.Random) -> bytes:
    """The rows as CSV, in a dialect of chance."""
    separator = chance.choice([",", ";", "\t", "|"])
    decimal = chance.choice([".", ","])
    end = chance.choice(["\n", "\r\n", "\r"])
    trailing = chance.choice(["", separator])

    def cell(value: Any) -> str:
        text = str(value).replace(".", decimal) if isinstance(value, float) else str(value)
        if any(mark in text for mark in (separator, '"', "\n", "\r")):
            text = '"' + text.replace('"', '""') + '"'
        return text

    lines = ["about this file"] * chance.choice([0, 0, 2])
    lines.append(separator.join(rows[0]))
    lines += [separator.join(cell(value) for value in row.values()) + trailing for row in rows]
    text = end.join(lines) + end
    return text.encode(
        chance.choice(["utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16"]), "replace"
    )


def json_lines(rows: Rows, chance: random.Random) -> bytes:
    """The rows as JSON lines, some with fields of their own and objects."""
    lines = []
    for row in rows:
        more = {f"seen_{row['id']}": 1} if chance.random() < 0.3 else {}
        nested = {"of": {"day": row["id"], "more": [1, 2]}} if chance.random() < 0.5 else {}
        lines.append(json.dumps({**row, **more, **nested}, ensure_ascii=chance.random() < 0.5))
    return ("\n".join(lines) + "\n").encode()


def parquet(rows: Rows, chance: random.Random) -> bytes:
    """The rows as Parquet of a writer of chance: bare bytes, dictionaries, decimals, nanoseconds,
    empty row groups, lists and structs beside them.
    """
    texts = pa.array([row["name"] for row in rows])
    kinds = {
        "name": [
            texts,
            texts.cast(pa.binary()),
            texts.dictionary_encode(),
            texts.cast("large_string"),
        ],
        "id": [
            pa.array([row["id"] for row in rows], kind)
            for kind in ("int64", "int8", "uint64", "float64")
        ],
        "price": [pa.array([row["price"] for row in rows], kind) for kind in ("float64", "float32")]
        + [pa.array([Decimal(str(row["price"])) for row in rows], pa.decimal128(12, 3))],
        "at": [
            pa.array([datetime.fromisoformat(row["at"]) for row in rows], pa.timestamp(unit, zone))
            for unit in ("s", "ms", "us", "ns")
            for zone in ("UTC", "America/New_York", None)
        ],
        "good": [pa.array([row["good"] for row in rows])],
        "tags": [
            pa.array([["a", "b"]] * len(rows)),
            pa.array([{"day": 1, "more": "x"}] * len(rows)),
            pa.array([timedelta(seconds=1)] * len(rows)),
            pa.array([10**13] * len(rows), pa.timestamp("s")),
            pa.nulls(len(rows)),
        ],
    }
    table = pa.table({name: chance.choice(choices) for name, choices in kinds.items()})
    body = io.BytesIO()
    with pq.ParquetWriter(
        body,
        table.schema,
        compression=chance.choice(["none", "snappy", "gzip", "zstd"]),
        use_dictionary=chance.choice([True, False]),
        data_page_version=chance.choice(["1.0", "2.0"]),
        version=chance.choice(["1.0", "2.6"]),
    ) as writer:
        half = len(rows) // 2
        for part in (table[:half], table[:0], table[half:]):
            writer.write_table(part)
    return body.getvalue()


def _zipped(body: bytes, name: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr(name, body)
    return archive.getvalue()


WRITERS: dict[str, Callable[[Rows, random.Random], bytes]] = {
    "csv": csv_in_a_dialect,
    "jsonl": json_lines,
    "parquet": parquet,
}
PACKINGS: dict[str, Callable[[bytes, str], bytes]] = {
    "": lambda body, _: body,
    ".gz": lambda body, _: gzip.compress(body, mtime=0),
    ".zst": lambda body, _: zstandard.compress(body),
    ".zip": _zipped,
}


def damaged(body: bytes, chance: random.Random) -> bytes:
    """A copy with some changes of chance."""
    for _ in range(chance.choice([0, 1, 1, 1, 2, 3, 8])):
        at = chance.randrange(len(body) + 1)
        size = chance.choice([1, 1, 2, 8, 64, 500])
        match chance.randrange(7):
            case 0:
                body = body[:at] + chance.randbytes(size) + body[at + size :]
            case 1:
                body = body[:at] + body[at + size :]
            case 2:
                body = body[: at + size] + body[at:]
            case 3 | 4:
                body = body[:at] + chance.choice(_TOKENS) + body[at:]
            case 5:
                body = body[:at]
            case 6:
                body = body[at:] + body[:at]
    return body


def file_of(number: int) -> tuple[str, bytes, bytes | None]:
    """The name and the bytes of file ``number``; and its text, where that can be known."""
    chance = random.Random(number)
    base = chance.choice(list(WRITERS))
    body = WRITERS[base](rows_of(chance, chance.choice([1, 2, 5, 30])), chance)
    if base == "parquet":
        return "a.parquet", damaged(body, chance), None
    packing = chance.choice(["", "", *PACKINGS])
    name = f"a.{base}{packing}"
    if packing and chance.random() < 0.5:
        return name, damaged(PACKINGS[packing](body, f"a.{base}"), chance), None
    body = damaged(body, chance)
    return name, PACKINGS[packing](body, f"a.{base}"), body
