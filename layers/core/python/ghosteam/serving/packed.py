"""Bodies that a client has packed."""

from __future__ import annotations

import gzip
import io
import zlib

from ghosteam.errors import InvalidInput, TooLarge

_REMEDY = "Pack the body with gzip, or send it as it is without the header content-encoding"


def unpacked(body: bytes, encoding: str, *, limit: int) -> bytes:
    """What a request's body says. ``encoding``: its header ``content-encoding``; ``limit``: the
    bytes that it may unpack to.

    Raises:
        TooLarge: it unpacks to more.
        InvalidInput: it is not gzip, or the header names another way to pack.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name != "gzip":
        raise InvalidInput(f"The body is packed with {name}", remedy=_REMEDY)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            found = stream.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(f"The body is not gzip: {error}", remedy=_REMEDY) from error
    if len(found) > limit:
        raise TooLarge(
            f"The body unpacks to more than {limit} bytes",
            where={"limit_bytes": limit},
            remedy="Send fewer rows a request",
        )
    return found
