"""A real MariaDB server over TLS, with a table and a user that may read it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.contract.tls_server import await_answer, free_port, make_certificate

SETUP = """
CREATE DATABASE post; USE post;
CREATE TABLE parcels (
    id bigint, sent_at datetime, weight decimal(20, 2), days double, changed datetime(6)
);
INSERT INTO parcels
SELECT seq, '2024-01-01', seq / 2, NULL, timestamp '2024-01-01 00:00:00' + INTERVAL seq HOUR
  FROM seq_1_to_2500 ORDER BY rand();
CREATE USER reader@localhost IDENTIFIED BY 'readers-password';
GRANT SELECT ON post.* TO reader@localhost;
"""


@dataclass(frozen=True)
class MariaDb:
    """A server of its own; ``secret``: how the function reaches it; ``query`` runs SQL as the
    owner.
    """

    secret: Mapping[str, Any]
    folder: Path

    def query(self, sql: str) -> str:
        socket = f"--socket={self.folder / 'socket'}"
        command = ["mariadb", "--no-defaults", socket, "--user=root", "--batch", "-e", sql]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def run_server(folder: Path, user: str) -> Iterator[MariaDb]:
    """A server that runs as ``user`` with its data below ``folder``, until the iterator is
    closed.
    """
    key, certificate = make_certificate(folder)
    for path in (folder, key, certificate):
        shutil.chown(path, user)
    port, data = free_port(), folder / "data"
    common = ["--no-defaults", f"--user={user}", f"--datadir={data}"]
    subprocess.run(
        ["mariadb-install-db", *common, "--auth-root-authentication-method=normal"],
        check=True,
        capture_output=True,
    )
    settings = [
        "--bind-address=127.0.0.1",
        f"--port={port}",
        f"--socket={folder / 'socket'}",
        f"--pid-file={folder / 'pid'}",
        f"--ssl-cert={certificate}",
        f"--ssl-key={key}",
        "--innodb-flush-log-at-trx-commit=0",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(["mariadbd", *common, *settings], stdout=log, stderr=log)
        secret = {
            "engine": "mariadb",
            "host": "localhost",
            "port": port,
            "dbname": "post",
            "username": "reader",
            "password": "readers-password",
            "ca": certificate.read_text(),
        }
        found = MariaDb(secret, folder)
        try:
            await_answer(found.query, found.folder / "log")
            found.query(SETUP)
            yield found
        finally:
            process.terminate()
            process.wait(30)
