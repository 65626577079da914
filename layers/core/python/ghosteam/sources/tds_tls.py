"""An encrypted connection to a SQL Server, as a socket for a driver that is to think it plain.

The driver's own TLS needs another library and compares names more loosely than Python does. So the
greeting (PRELOGIN) is spoken here: TLS is demanded in it, the handshake follows inside packets of
that kind, and everything after it is encrypted. The driver's own greeting is answered here too.
Source: Microsoft, [MS-TDS]: Tabular Data Stream Protocol, 2.2.6.5 "PRELOGIN" and 3.2.5.
"""

from __future__ import annotations

import socket
import ssl
import struct

_PRELOGIN, _REPLY = 0x12, 0x04
_LAST = 1
_HEADER = struct.Struct(">BBHHBB")
_MOST = 4096 - _HEADER.size
_VERSION, _ENCRYPTION, _END = 0, 1, 0xFF
_ON, _NOT_SUPPORTED, _REQUIRED = 1, 2, 3
_CHUNK = 1 << 16


class NotEncrypted(Exception):
    """The server has no TLS, or does not speak this protocol."""


class EncryptedSocket:
    """``plain``: connected to ``host``, whose certificate ``context`` is to check.

    Raises:
        NotEncrypted: the server offers no TLS; nothing but the greeting was sent.
        ssl.SSLError: it does not prove who it is.
    """

    def __init__(self, plain: socket.socket, context: ssl.SSLContext, host: str) -> None:
        self._plain = plain
        self._greeted = False
        self._answer = b""
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        _send(plain, _greeting(_ON))
        if _encryption(_received(plain)) not in (_ON, _REQUIRED):
            raise NotEncrypted("The server has no TLS")
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=host)
        self._shake_hands()

    def _shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                done = False
            if told := self._out.read():
                _send(self._plain, told)
            if done:
                return
            self._in.write(_received(self._plain))

    def sendall(self, data: bytes | bytearray | memoryview, _flags: int = 0) -> None:
        """The driver's greeting, which is its first packet, goes no farther."""
        if not self._greeted:
            self._greeted = True
            body = _greeting(_NOT_SUPPORTED)
            self._answer = _HEADER.pack(_REPLY, _LAST, _HEADER.size + len(body), 0, 1, 0) + body
            return
        self._tls.write(data)
        self._plain.sendall(self._out.read())

    def recv(self, size: int, _flags: int = 0) -> bytes:
        """At most ``size`` bytes, none at the end."""
        if self._answer:
            told, self._answer = self._answer[:size], self._answer[size:]
            return told
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                if not (data := self._plain.recv(_CHUNK)):
                    return b""
                self._in.write(data)
            except ssl.SSLZeroReturnError:
                return b""

    def recv_into(self, buffer: bytearray | memoryview, size: int = 0, _flags: int = 0) -> int:
        """The same, into a buffer."""
        data = self.recv(size or len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def gettimeout(self) -> float | None:
        """Of the connection, in seconds."""
        return self._plain.gettimeout()

    def settimeout(self, timeout: float | None) -> None:
        """Of the connection, in seconds."""
        self._plain.settimeout(timeout)

    def close(self) -> None:
        """Without a word: rows that are left would have to be read first."""
        self._plain.close()


def _greeting(encryption: int) -> bytes:
    """A version, which nobody looks at, and whether there is TLS."""
    values = {_VERSION: bytes(6), _ENCRYPTION: bytes([encryption])}
    at = len(values) * 5 + 1
    heads = b""
    for option, value in values.items():
        heads += struct.pack(">BHH", option, at, len(value))
        at += len(value)
    return heads + bytes([_END]) + b"".join(values.values())


def _encryption(greeting: bytes) -> int:
    """What the server's greeting says of TLS."""
    for start in range(0, len(greeting), 5):
        if greeting[start] == _END:
            break
        option, at, length = struct.unpack_from(">BHH", greeting.ljust(start + 5, b"\0"), start)
        if option == _ENCRYPTION and length and at < len(greeting):
            return int(greeting[at])
    return _NOT_SUPPORTED


def _send(plain: socket.socket, body: bytes) -> None:
    """A message of the greeting's kind, in packets."""
    for start in range(0, len(body), _MOST):
        part = body[start : start + _MOST]
        last = _LAST if start + _MOST >= len(body) else 0
        plain.sendall(_HEADER.pack(_PRELOGIN, last, _HEADER.size + len(part), 0, 1, 0) + part)


def _received(plain: socket.socket) -> bytes:
    """The server's next message."""
    body, last = b"", 0
    while not last:
        kind, status, length, *_ = _HEADER.unpack(_exactly(plain, _HEADER.size))
        if kind not in (_PRELOGIN, _REPLY) or length < _HEADER.size:
            raise NotEncrypted("The server does not speak the protocol of SQL Server")
        body += _exactly(plain, length - _HEADER.size)
        last = status & _LAST
    return body


def _exactly(plain: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        if not (part := plain.recv(size - len(data))):
            raise ConnectionResetError("The server closed the connection")
        data += part
    return data
