"""What a database server of a test needs: a port, a certificate for ``localhost``, and time to
start.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path


def free_port() -> int:
    """A port that nobody listens at."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port: int = taken.getsockname()[1]
    return port


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate that it signed, below ``folder``."""
    key, certificate = folder / "server.key", folder / "server.crt"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return key, certificate


def await_answer(query: Callable[[str], str], log: Path) -> None:
    """Returns once the server answers ``query``; fails with its ``log`` when it does not."""
    deadline = time.monotonic() + 30
    while True:
        try:
            query("SELECT 1")
            return
        except subprocess.CalledProcessError:
            if time.monotonic() > deadline:
                raise AssertionError(log.read_text()) from None
            time.sleep(0.1)
