"""The end of the HTTP sources, against a server of the standard library."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode

import pytest

from ghosteam.errors import Defect, InvalidInput, TooLarge, Transient
from ghosteam.sources.http_client import fetch
from ghosteam.sources.patience import TryLater

pytestmark = pytest.mark.contract


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"{")
            return
        status = int(self.path.strip("/").partition("?")[0])
        body = json.dumps({"key": self.headers.get("X-Api-Key"), "path": self.path}).encode()
        self.send_response(status)
        self.send_header("Location", "/200")
        self.send_header("Link", '</1>; rel="first"')
        self.send_header("Link", '</3>; rel="next"')
        for name, (value,) in parse_qs(self.path.partition("?")[2]).items():
            if name in ("Retry-After", "ETag"):
                self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if status != 304 else b"")

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()
        thread.join()


def test_a_page_is_fetched_with_its_header(server: str) -> None:
    answer = fetch(f"{server}/200?since=5", {"X-Api-Key": "k"}, max_bytes=1000)
    assert json.loads(answer.body) == {"key": "k", "path": "/200?since=5"}
    assert answer.link == '</1>; rel="first", </3>; rel="next"'


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("302", InvalidInput),
        ("401", InvalidInput),
        ("404", InvalidInput),
        ("429", Transient),
        ("503", Transient),
        ("cut", Transient),
    ],
)
def test_any_other_answer_is_an_error_and_no_redirect_is_followed(
    server: str, path: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        fetch(f"{server}/{path}", {}, max_bytes=1000)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7), ("soon", None), ("", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)],
)
def test_an_answer_may_say_when_to_come_back(server: str, said: str, seconds: float | None) -> None:
    with pytest.raises(TryLater) as caught:
        fetch(f"{server}/429?{urlencode({'Retry-After': said})}", {}, max_bytes=1000)
    assert caught.value.after == seconds


def test_a_page_has_a_tag_by_which_it_is_the_same(server: str) -> None:
    page = fetch(f"{server}/200?{urlencode({'ETag': 'v1'})}", {}, max_bytes=1000)
    assert page.tag == "v1" and not page.unchanged
    same = fetch(f"{server}/304", {"If-None-Match": "v1"}, max_bytes=1000)
    assert same.unchanged and same.tag == "v1"
    with pytest.raises(InvalidInput, match="304"):
        fetch(f"{server}/304", {}, max_bytes=1000)


def test_a_body_over_the_limit_is_not_read_to_its_end(server: str) -> None:
    with pytest.raises(TooLarge):
        fetch(f"{server}/200", {}, max_bytes=10)


def test_a_server_that_is_not_there_may_be_back_later() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Transient):
        fetch(f"http://127.0.0.1:{port}/200", {}, max_bytes=10)


@pytest.mark.parametrize("value", ["hunter2\nX-Other: 1", "hunter2ü"])
def test_a_header_that_cannot_be_sent_is_refused_without_showing_it(
    server: str, value: str
) -> None:
    with pytest.raises(Defect) as caught:
        fetch(f"{server}/200", {"X-Api-Key": value}, max_bytes=1000)
    assert "hunter2" not in str(caught.value)
