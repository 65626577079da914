"""Reads of an object's version answer a range or a part with just that, as S3 does.

ministack looks at ``Range`` and ``partNumber`` for the current object alone, and sends a version
whole with status 200. An SDK that downloads in parallel then writes the whole object at each part's
place.

Source: "GetObject", Amazon S3 API reference.
"""

from collections.abc import Callable, Mapping
from typing import Any

from local.account import seams

Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Serve ranges and parts of versions."""
    from ministack.services import s3

    parse = seams.require(s3, "_parse_range")
    parts_of = _parts_of(seams.require(s3, "_object_versions"))

    def wrap(original: Callable[..., Answer]) -> Callable[..., Answer]:
        def get(bucket: str, key: str, headers: dict[str, str], query: Any = None) -> Answer:
            status, found, body = original(bucket, key, headers, query)
            version = _first(query, "versionId")
            if status != 200 or not version:
                return status, found, body
            if number := _first(query, "partNumber"):
                parts = parts_of(bucket, key, version)
                return one_part(found, body, parts, number) if parts else (status, found, body)
            if wanted := headers.get("range", ""):
                return one_range(found, body, wanted, parse)
            return status, found, body

        return get

    seams.replace(s3, "_get_object", wrap)


def one_range(
    headers: Mapping[str, str],
    body: bytes,
    wanted: str,
    parse: Callable[[str, int], tuple[int, int] | None],
) -> Answer:
    """The answer to a request for the bytes ``wanted`` of a whole ``body``; 416 where there are
    none.
    """
    size = len(body)
    found = parse(wanted, size)
    if found is None:
        # RFC 9110 lets a server ignore a range that it cannot read; S3 sends the whole object.
        if not wanted.startswith("bytes="):
            return 200, dict(headers), body
        error = {"Content-Type": "application/xml", "Content-Range": f"bytes */{size}"}
        return 416, error, _NOT_SATISFIABLE
    start, end = found
    return _partial(headers, body, start, end)


def one_part(
    headers: Mapping[str, str], body: bytes, parts: list[dict[str, Any]], number: str
) -> Answer:
    """The answer to a request for one part of an object that came in parts."""
    start = 0
    for part in parts:
        size = int(part["Size"])
        if str(part["PartNumber"]) == number:
            status, found, piece = _partial(headers, body, start, start + size - 1)
            return status, {**found, "x-amz-mp-parts-count": str(len(parts))}, piece
        start += size
    error = {"Content-Type": "application/xml", "Content-Range": f"bytes */{len(body)}"}
    return 416, error, _NOT_SATISFIABLE


_NOT_SATISFIABLE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InvalidRange</Code>'
    b"<Message>The requested range is not satisfiable</Message></Error>"
)


def _partial(headers: Mapping[str, str], body: bytes, start: int, end: int) -> Answer:
    # A checksum of the whole object would not fit the piece, and the SDK would say so.
    kept = {
        name: value
        for name, value in headers.items()
        if not name.lower().startswith("x-amz-checksum-")
    }
    piece = body[start : end + 1]
    place = {"Content-Length": str(len(piece)), "Content-Range": f"bytes {start}-{end}/{len(body)}"}
    return 206, {**kept, **place}, piece


def _parts_of(versions: Any) -> Callable[[str, str, str], list[dict[str, Any]]]:
    def find(bucket: str, key: str, version: str) -> list[dict[str, Any]]:
        for entry in versions.get((bucket, key), []):
            if entry["version_id"] == version:
                return list(entry.get("parts") or [])
        return []

    return find


def _first(query: Mapping[str, Any] | None, name: str) -> str:
    value = (query or {}).get(name, "")
    return str(value[0] if isinstance(value, list) and value else value or "")
