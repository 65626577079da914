"""A server that speaks as much of SQL Server's protocol as a test of its client needs, written from
its description and not from the client: Microsoft, [MS-TDS]: Tabular Data Stream Protocol.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_BATCH, _RPC, _REPLY, _LOGIN, _PRELOGIN = 0x01, 0x03, 0x04, 0x10, 0x12
ON, NOT_SUPPORTED = 1, 2
Column = tuple[str, bytes]
"""A name and its TYPE_INFO."""


@dataclass
class Answer:
    """What the server says to the first query that matches: rows, encoded value by value, or the
    number and text of an error.
    """

    columns: Sequence[Column] = ()
    rows: Iterable[Sequence[bytes]] = ()
    error: tuple[int, str] | None = None


@dataclass
class TdsServer:
    """``greeting``: what it says of TLS; ``answers``: by a part of the query. ``heard``: every
    query as text, and the login's user and password.
    """

    certificate: tuple[Path, Path]
    greeting: int = ON
    password: str = "readers-password"
    route: tuple[str, int] | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    raw: bytes = b""

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    @property
    def secret(self) -> dict[str, Any]:
        ca = self.certificate[1].read_text()
        known = {"engine": "sqlserver", "host": "localhost", "port": self.port, "ca": ca}
        return {**known, "username": "reader", "password": "readers-password", "dbname": "post"}

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                self._talk(connection)
        except (OSError, EOFError):
            pass  # the client has left

    def _talk(self, connection: socket.socket) -> None:
        _, _ = _message(connection)
        _send(connection, _REPLY, _prelogin(self.greeting))
        if self.greeting == NOT_SUPPORTED:
            self.raw = connection.recv(1000)
            return
        tls = self._handshake(connection)
        _, login = _message(tls)
        user, password = _credentials(login)
        self.heard.append(f"login {user} {password}")
        if password != self.password:
            _send(tls, _REPLY, _error(18456, "Login failed for user 'reader'.") + _done(2))
            return
        _send(tls, _REPLY, self._logged_in())
        while True:
            kind, body = _message(tls)
            text = body.decode("utf-16-le" if len(body) % 2 == 0 else "latin-1", "replace")
            if kind == _RPC:  # its parameters are texts among numbers
                text = body.replace(b"\0", b"").decode("latin-1")
            self.heard.append(text)
            answer = next((a for part, a in self.answers.items() if part in text), Answer())
            _send(tls, _REPLY, _told(answer))

    def _logged_in(self) -> bytes:
        name = "Microsoft SQL Server"
        ack = struct.pack("<B", 1) + bytes.fromhex("74000004") + _b_text(name) + bytes(4)
        env = bytes([1]) + _b_text("post") + _b_text("master")
        told = b"\xe3" + struct.pack("<H", len(env)) + env
        told += b"\xad" + struct.pack("<H", len(ack)) + ack
        if self.route:
            host, port = self.route
            where = struct.pack("<BHH", 0, port, len(host)) + host.encode("utf-16-le")
            env = bytes([20]) + struct.pack("<H", len(where)) + where + bytes(2)
            told += b"\xe3" + struct.pack("<H", len(env)) + env
        return told + _done()

    def _handshake(self, connection: socket.socket) -> _Tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        key, certificate = self.certificate
        context.load_cert_chain(certificate, key)
        tls = _Tls(connection, context)
        while True:
            try:
                tls.ssl.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                done = False
            if told := tls.outgoing.read():
                _send(connection, _PRELOGIN, told)
            if done:
                return tls
            tls.incoming.write(_message(connection)[1])


class _Tls:
    """The connection after the handshake, as a socket."""

    def __init__(self, connection: socket.socket, context: ssl.SSLContext) -> None:
        self._connection = connection
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.ssl = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def sendall(self, data: bytes) -> None:
        for start in range(0, len(data), 10_000):
            self.ssl.write(data[start : start + 10_000])
        self._connection.sendall(self.outgoing.read())

    def recv(self, size: int) -> bytes:
        while True:
            try:
                return self.ssl.read(size)
            except ssl.SSLWantReadError:
                data = self._connection.recv(65536)
                if not data:
                    raise EOFError from None
                self.incoming.write(data)


def _exactly(connection: Any, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def _message(connection: Any) -> tuple[int, bytes]:
    body, status, kind = b"", 0, 0
    while not status & 1:
        kind, status, length = struct.unpack(">BBH4x", _exactly(connection, 8))
        body += _exactly(connection, length - 8)
    return kind, body


def _send(connection: Any, kind: int, body: bytes, most: int = 4088) -> None:
    for start in range(0, len(body), most):
        part = body[start : start + most]
        last = start + most >= len(body)
        connection.sendall(struct.pack(">BBH4x", kind, int(last), len(part) + 8) + part)


def _prelogin(encryption: int) -> bytes:
    """VERSION, ENCRYPTION, INSTOPT, THREADID, MARS."""
    values = [bytes([16, 0, 16, 85, 0, 0]), bytes([encryption]), b"\0", b"", b"\0"]
    at = 5 * len(values) + 1
    heads = b""
    for number, value in enumerate(values):
        heads += struct.pack(">BHH", number, at, len(value))
        at += len(value)
    return heads + b"\xff" + b"".join(values)


def _credentials(login: bytes) -> tuple[str, str]:
    """User and password of a LOGIN7 message, which hides the password from nobody."""
    user_at, user, word_at, word = struct.unpack_from("<HHHH", login, 40)
    hidden = login[word_at : word_at + 2 * word]
    shown = bytes(((b ^ 0xA5) << 4 & 0xF0) | ((b ^ 0xA5) >> 4) for b in hidden)
    return login[user_at : user_at + 2 * user].decode("utf-16-le"), shown.decode("utf-16-le")


def _b_text(text: str) -> bytes:
    return bytes([len(text)]) + text.encode("utf-16-le")


def _error(number: int, text: str) -> bytes:
    body = struct.pack("<IBB", number, 1, 14) + struct.pack("<H", len(text))
    body += text.encode("utf-16-le") + _b_text("server") + _b_text("") + struct.pack("<I", 1)
    return b"\xaa" + struct.pack("<H", len(body)) + body


def _done(status: int = 0, rows: int = 0) -> bytes:
    return b"\xfd" + struct.pack("<HHQ", status, 0, rows)


def _told(answer: Answer) -> bytes:
    if answer.error:
        return _error(*answer.error) + _done(2)
    if not answer.columns:
        return _done()
    told = b"\x81" + struct.pack("<H", len(answer.columns))
    for name, kind in answer.columns:
        told += struct.pack("<IH", 0, 1) + kind + _b_text(name)
    rows = [b"\xd1" + b"".join(row) for row in answer.rows]
    return told + b"".join(rows) + _done(0x10, len(rows))
