"""A real PostgreSQL server over TLS, with a table and a role that may read it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.contract.tls_server import await_answer, free_port, make_certificate

SETUP = """
CREATE TABLE parcels (
    id bigint, sent_at timestamptz, weight numeric, days double precision, changed timestamptz
);
INSERT INTO parcels
SELECT n, '2024-01-01', n / 2.0, NULL, timestamptz '2024-01-01 00:00+00' + n * interval '1 hour'
  FROM generate_series(1, 2500) AS n ORDER BY random();
CREATE ROLE reader LOGIN PASSWORD 'readers-password';
GRANT SELECT ON parcels TO reader;
"""


@dataclass(frozen=True)
class Postgres:
    """A server of its own; ``secret``: how the function reaches it; ``query`` runs SQL as the
    owner.
    """

    secret: Mapping[str, Any]
    folder: Path
    account: tuple[str, ...]

    def query(self, sql: str) -> str:
        command = [
            *self.account,
            shutil.which("psql") or "psql",
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            self.folder,
        ]
        command += ["-p", str(self.secret["port"]), "-U", "postgres", "-c", sql]
        return subprocess.run(
            list(map(str, command)), capture_output=True, text=True, check=True
        ).stdout.strip()


def run_server(folder: Path, account: tuple[str, ...]) -> Iterator[Postgres]:
    """A server with its data below ``folder``, until the iterator is closed; ``account``: what
    stands before a command that must not run as root.
    """
    key, certificate = make_certificate(folder)
    key.chmod(0o600)
    if account:
        for path in (folder, key, certificate):
            shutil.chown(path, "postgres")
    port = free_port()
    data = folder / "data"
    options = [
        "-D",
        data,
        "-U",
        "postgres",
        "--auth-local=trust",
        "--auth-host=scram-sha-256",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    subprocess.run(
        [*account, "initdb", *map(str, options)], check=True, capture_output=True, cwd=folder
    )
    settings = {
        "listen_addresses": "localhost",
        "unix_socket_directories": folder,
        "ssl": "on",
        "ssl_cert_file": certificate,
    }
    settings |= {"ssl_key_file": key, "fsync": "off"}
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*account, "postgres", "-D", str(data), "-p", str(port), *arguments],
            stdout=log,
            stderr=log,
            cwd=folder,
        )
        secret = {
            "host": "localhost",
            "port": port,
            "dbname": "postgres",
            "username": "reader",
            "password": "readers-password",
        }
        found = Postgres({**secret, "ca": certificate.read_text()}, folder, account)
        try:
            await_answer(found.query, found.folder / "log")
            found.query(SETUP)
            yield found
        finally:
            pid = (
                int((data / "postmaster.pid").read_text().splitlines()[0])
                if (data / "postmaster.pid").exists()
                else process.pid
            )
            os.kill(pid, 2)
            process.wait(30)
