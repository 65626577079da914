"""An HTTPS API on this machine that a source may pull: rows by problem, for whoever has the key."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.contract.tls_server import make_certificate

KEY = "the-key-of-the-api"


@dataclass
class ApiOfRows:
    """``rows`` has those of each problem; ``certificate`` is what a caller has to trust."""

    url: str
    certificate: Path
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def answer(self, path: str, key: str | None) -> tuple[int, Any]:
        """Status and document of ``GET <path>``: the rows of ``/v1/<problem>`` that came after the
        parameter ``since``.
        """
        if key != KEY:
            return 401, None
        parts = urlsplit(path)
        since = datetime.fromisoformat(parse_qs(parts.query)["since"][0])
        rows = self.rows.get(parts.path.removeprefix("/v1/"), [])
        return 200, [row for row in rows if datetime.fromisoformat(row["at"]) > since]


@contextmanager
def serving(folder: Path) -> Iterator[ApiOfRows]:
    """An API that answers until the block ends; its certificate lies below ``folder``."""
    key, certificate = make_certificate(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, document = api.answer(self.path, self.headers["X-Api-Key"])
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    api = ApiOfRows(f"https://localhost:{server.server_port}", certificate)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
