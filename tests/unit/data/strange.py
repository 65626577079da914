"""Files as strange as people and programs write them, and mutated copies: the same for the same
number.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from tests.unit.data.damage import Rows, csv_in_a_dialect, damaged, json_lines, parquet, rows_of

NUMBERS = (
    "inf", "-inf", "Infinity", "NaN", "nan", "1e400", "-1e-400", "1e308", "9" * 400, "-0", "0x1F",
    "1_000", "1,5", "1.234,5", "1'000", "٣", "½", "1e", "+", "--1", " 7 ", "1.0",
    "9007199254740993",
)  # fmt: skip
TEXTS = (
    "", '"', "'", "\\", "\\N", "NA", "null", "a\0b", "\ufeff", "\u2028", "\x85", "\x1c", "\x0b",
    "é", "日本", "😀", "\u202e", "=1+1", "true", "{}", "[1]", "_row", "9999-12-31T23:59:59Z",
    "2013-02-30", "0000-00-00", "2013-03-10T02:30:00", "1e9", "x" * 3000,
)  # fmt: skip
_ENDS = ("\n", "\r\n", "\r")
_ENCODINGS = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1",
    "cp1250", "koi8-r", "shift_jis", "gb18030", "utf-7",
)  # fmt: skip


def _odd(rows: Rows, chance: random.Random) -> Rows:
    """Rows with some cells that nobody asked for."""
    for row in rows:
        if chance.random() < 0.3:
            row[chance.choice(list(row))] = chance.choice((*NUMBERS, *TEXTS))
    return rows


def strange_csv(rows: Rows, chance: random.Random) -> bytes:
    """CSV with odd cells, whose header comes again or names a column twice, in any encoding."""
    separator, end = chance.choice(",;\t|:"), chance.choice(_ENDS)
    names = list(rows[0])
    match chance.randrange(6):
        case 0:
            names = [*names, chance.choice(names)]
        case 1:
            names[chance.randrange(len(names))] = ""
        case 2:
            names = [name.upper() for name in names]

    def cell(value: Any) -> str:
        text = str(value)
        if re.search(f'["\r\n{re.escape(separator)}]', text) and chance.random() < 0.9:
            return '"' + text.replace('"', '""') + '"'
        return text

    lines = [separator.join(names)]
    for row in _odd(rows, chance):
        lines.append(separator.join(map(cell, row.values())))
        if chance.random() < 0.05:
            lines.append(chance.choice((lines[0], "", " ", separator, separator * 9, "# end")))
    return (end.join(lines) + chance.choice(("", end, "\x1a", "\0"))).encode(
        chance.choice(_ENCODINGS), "replace"
    )


def wide_csv(rows: Rows, chance: random.Random) -> bytes:
    """Thousands of columns beside those that are declared."""
    count = chance.choice((300, 300, 300, 10_000))
    more = [f"c{number}" for number in range(count)]
    lines = [",".join([*rows[0], *more])]
    lines += [
        ",".join([*(str(value) for value in row.values()), *(["1"] * count)]) for row in rows[:20]
    ]
    return ("\n".join(lines) + "\n").encode()


def long_csv(rows: Rows, chance: random.Random) -> bytes:
    """Cells as long as a book, in quotes or not."""
    for row in chance.sample(rows, min(3, len(rows))):
        row["name"] = chance.choice(("x", "é", "a b ")) * chance.choice((140_000, 1_000_000))
    return csv_in_a_dialect(rows, chance)


def strange_json(rows: Rows, chance: random.Random) -> bytes:
    """Objects in objects, numbers that JSON does not know, names that come twice."""
    lines = []
    for row in _odd(rows, chance):
        text = json.dumps(row, ensure_ascii=chance.random() < 0.5)
        match chance.randrange(16):
            case 0:
                text = text[:-1] + ', "of": ' + '{"of":' * 2000 + "1" + "}" * 2000 + "}"
            case 1:
                text = text[:-1] + ', "price": ' + chance.choice(("NaN", "-Infinity", "1e999}"))
                text += "}"
            case 2:
                text = text[:-1] + f', "price": {"9" * chance.choice((30, 400, 5000))}' + "}"
            case 3:
                text = text[:-1] + ', "id": "twice", "_row": 1, "": 2, "of.day": 3, "of": {}}'
            case 4:
                text = chance.choice(("[]", "1", "null", '"x"', "{}", "[" * 5000, text * 2))
            case 5:
                text = text[:-1] + ', "of": {"day": {"day": 1}, "": [{"a": null}]}}'
            case 6:
                text = text[:-1] + r', "name": "\ud83d", "\udc00": "\u0000"}'
        lines.append(text)
    return chance.choice(_ENDS).join(lines).encode(chance.choice(_ENCODINGS[:6]), "replace")


def _exotic(rows: Rows) -> dict[str, pa.Array]:
    """Columns of types that few files have."""
    n, day = len(rows), [date(2013, 1, 1) + timedelta(days=i) for i in range(len(rows))]
    prices = [row["price"] for row in rows]
    return {
        "infinite": pa.array([float("inf"), float("nan"), -0.0, 1e308] * n, pa.float64())[:n],
        "half": pa.array(prices, pa.float64()).cast("float32").cast("float16"),
        "decimal256": pa.array([Decimal(10) ** 60] * n, pa.decimal256(70, 2)),
        "time32": pa.array([time(1, 2, 3)] * n, pa.time32("ms")),
        "time64": pa.array([time(1, 2, 3, 4)] * n, pa.time64("ns")),
        "date64": pa.array(day, pa.date64()),
        "duration": pa.array([timedelta(days=9)] * n, pa.duration("ns")),
        "fixed": pa.array([b"abcd"] * n, pa.binary(4)),
        "bad_utf8": pa.array([b"\xff\xfe"] * n, pa.binary()),
        "large_list": pa.array([[1.5, None]] * n, pa.large_list(pa.float64())),
        "fixed_list": pa.array([[1, 2]] * n, pa.list_(pa.int8(), 2)),
        "map": pa.array([[("a", 1)]] * n, pa.map_(pa.string(), pa.int64())),
        "struct": pa.array([{"day": 1, "of": {"day": [1]}}] * n),
        "counts": pa.array([5] * n, pa.int8()).dictionary_encode(),
        "far": pa.array([2**62] * n, pa.timestamp("us")),
        "early": pa.array([-(2**62)] * n, pa.timestamp("ns", "Asia/Kathmandu")),
        "booleans": pa.array([True, None] * n)[:n],
        "nulls": pa.nulls(n),
        "unsigned": pa.array([2**64 - 1] * n, pa.uint64()),
        "views": pa.array(["view"] * n, pa.string_view()),
    }


def strange_parquet(rows: Rows, chance: random.Random) -> bytes:
    """Exotic types, under the names of declared columns too, as some writer stores them."""
    table = pa.table({name: [row[name] for row in rows] for name in rows[0]})
    kinds = _exotic(rows)
    for kind in chance.sample(list(kinds), 4):
        name = chance.choice((kind, kind, "tags", "of", *table.column_names))
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, kinds[kind])
        else:
            table = table.append_column(name, kinds[kind])
    if chance.random() < 0.05:
        table = table.append_column("_row", pa.nulls(len(rows)))
    if chance.random() < 0.05:
        table = table.append_column(chance.choice(table.column_names), pa.nulls(len(rows)))
    body = io.BytesIO()
    writer = chance.choice(("pyarrow", "pyarrow", "polars", "duckdb"))
    try:
        if writer == "polars":
            frame = pl.from_arrow(table)
            assert isinstance(frame, pl.DataFrame)
            frame.write_parquet(
                body, compression=chance.choice(("lz4", "brotli", "zstd")), row_group_size=3
            )
            return body.getvalue()
        if writer == "duckdb":
            return _by_duckdb(table)
    except BaseException:  # what another writer cannot write this one does
        body = io.BytesIO()
    pq.write_table(
        table,
        body,
        compression=chance.choice(("none", "brotli", "lz4", "snappy")),
        row_group_size=chance.choice((1, 7, 1000)),
        use_dictionary=chance.random() < 0.5,
        write_statistics=chance.random() < 0.5,
        use_deprecated_int96_timestamps=chance.random() < 0.2,
    )
    return body.getvalue()


def _by_duckdb(table: pa.Table) -> bytes:
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "a.parquet"
        connection.register("rows", table)
        connection.execute(f"COPY (SELECT * FROM rows) TO '{path}' (FORMAT parquet)")
        return path.read_bytes()


def mutated(body: bytes, chance: random.Random) -> bytes:
    """A copy with a change of the kind that transfers, editors and scripts make."""
    at, size = chance.randrange(len(body) + 1), chance.choice((16, 512, 4096, 70_000))
    match chance.randrange(12):
        case 0:
            return body[:at]
        case 1:
            return (
                body[:at]
                + bytes(byte ^ 1 << chance.randrange(8) for byte in body[at : at + 1])
                + body[at + 1 :]
            )
        case 2:
            return body[: at + size] + body[at:]
        case 3:
            return body[:at] + bytes(size) + body[at + size :]
        case 4:
            quote = chance.choice((b'"', b"'", b'""', b'"""', b'\\"'))
            return body[:at] + quote + body[at:]
        case 5:
            ends = (b"\n", b"\r\n", b"\r", b"\n\n", b"\n\r", b"\r\r\n")
            return re.sub(b"\r?\n", lambda _: chance.choice(ends), body)
        case 6:
            return body[:at] + chance.choice((b"x", b"9", b'"', b"[", b"\xc3\xa9")) * 150_000
        case 7:
            return body + body
        case 8:
            header = body.partition(b"\n")[0] + b"\n"
            lines = body.splitlines(keepends=True)
            place = chance.randrange(len(lines) + 1)
            return b"".join((*lines[:place], header, *lines[place:]))
        case 9:
            number = chance.choice(NUMBERS).encode()
            return re.sub(rb"\d+\.\d+", lambda found: chance.choice((number, found[0])), body)
        case 10:
            # The end of a Parquet file says what lies where.
            at = max(0, len(body) - chance.randrange(1, 400))
            return body[:at] + chance.randbytes(chance.choice((1, 1, 2))) + body[at + 1 :]
        case _:
            return damaged(body, chance)


def _members(body: bytes, pack: Callable[[bytes], bytes], chance: random.Random) -> bytes:
    cuts = sorted(chance.randrange(len(body) + 1) for _ in range(chance.choice((0, 1, 3))))
    places = zip([0, *cuts], [*cuts, len(body)], strict=True)
    return b"".join(pack(body[begin:end]) for begin, end in places)


def _gzip(body: bytes, chance: random.Random) -> bytes:
    packed = _members(body, lambda part: gzip.compress(part, mtime=0), chance)
    return packed + chance.choice((b"", b"", b"\0" * 512, b"rest"))


def _zstd(body: bytes, chance: random.Random) -> bytes:
    ahead = chance.choice((b"", b"\x50\x2a\x4d\x18\x04\0\0\0abcd"))
    return ahead + _members(body, zstandard.compress, chance)


def _zip(body: bytes, chance: random.Random) -> bytes:
    archive = io.BytesIO()
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    with zipfile.ZipFile(archive, "w", chance.choice(methods)) as files:
        if chance.random() < 0.2:
            files.writestr("__MACOSX/._a.csv", b"\0\1")
        files.writestr(chance.choice(("a.csv", "a.csv", "b/a.jsonl", "é.tsv", "a")), body)
        if chance.random() < 0.1:
            files.writestr("b.csv", body)
    return archive.getvalue()


_PACKINGS = {"": lambda body, _: body, ".gz": _gzip, ".zst": _zstd, ".zip": _zip}
_TEXTS = {
    "csv": (csv_in_a_dialect, strange_csv, strange_csv, long_csv, wide_csv),
    "jsonl": (json_lines, strange_json, strange_json),
}


def strange_file(number: int) -> tuple[str, bytes]:
    """The name and the bytes of file ``number``."""
    chance = random.Random(number)
    rows = rows_of(chance, chance.choice([1, 5, 30, 120]))
    base = chance.choice(("csv", "csv", "jsonl", "parquet"))
    if base == "parquet":
        body = chance.choice((parquet, strange_parquet, strange_parquet))(rows, chance)
        return "a.parquet", mutated(body, chance) if chance.random() < 0.7 else body
    write = chance.choice(_TEXTS[base])
    if write in (wide_csv, long_csv) and chance.random() < 0.7:
        write = _TEXTS[base][1]
    body = write(rows, chance)
    packing = chance.choice(("", "", *_PACKINGS))
    name = chance.choice((f"a.{base}", f"a.{base}", f"a.{base}", "a.tsv", "a.ndjson")) + packing
    if chance.random() < 0.8:
        body = mutated(body, chance)
    body = _PACKINGS[packing](body, chance)
    return name, mutated(body, chance) if packing and chance.random() < 0.4 else body
