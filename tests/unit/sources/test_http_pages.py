"""Pages of an HTTP API: what is asked for, what is followed, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ghosteam.errors import InvalidInput, TooLarge
from ghosteam.problem.sources import HttpSource
from ghosteam.sources import http_pages
from ghosteam.sources.http_pages import read_pages
from tests.unit.sources.builders import Pages, parcels_problem

HOST = "https://api.example.com"
FIRST = f"{HOST}/v1/parcels?limit=2&since=2024-01-01T00%3A00%3A00Z"
SINCE = "2024-01-01T00:00:00Z"


def _source(*changes: tuple[str, str]) -> HttpSource:
    source = parcels_problem(*changes).sources["api"]
    assert isinstance(source, HttpSource)
    return source


def _page(*rows: dict[str, Any], then: object = None) -> dict[str, Any]:
    return {"data": {"items": list(rows)}, "meta": {"next": then}}


def test_pages_are_followed_to_the_last_with_the_header_on_each() -> None:
    pages = Pages(
        {
            FIRST: _page({"id": 1}, {"id": 2}, then="/v1/parcels?page=2"),
            f"{HOST}/v1/parcels?page=2": _page({"id": 3}),
        }
    )
    rows = list(read_pages(_source(), SINCE, {"X-Api-Key": "k"}, pages))
    assert [row["id"] for row in rows] == [1, 2, 3]
    assert pages.asked == [
        (FIRST, {"X-Api-Key": "k"}),
        (f"{HOST}/v1/parcels?page=2", {"X-Api-Key": "k"}),
    ]


def test_a_token_of_the_next_page_goes_into_its_parameter() -> None:
    pages = Pages(
        {FIRST: _page({"id": 1}, then="t 1"), f"{FIRST}&token=t+1": _page({"id": 2}, then="")}
    )
    rows = read_pages(
        _source(("field: meta.next", "field: meta.next, parameter: token")), SINCE, {}, pages
    )
    assert [row["id"] for row in rows] == [1, 2]


@pytest.mark.parametrize(
    "link",
    [
        '</v1/parcels?page=2>; rel="next", </v1/parcels?page=9>; rel="last"',
        "<https://api.example.com/v1/parcels?page=2>;rel=next",
        '</p?a=1,0>; title="a, b; rel=next"; rel=prev, <parcels?page=2>; REL="last Next"',
    ],
)
def test_a_page_may_name_the_next_one_in_its_header(link: str) -> None:
    source = _source(("    rows: data.items\n", ""), ("field: meta.next", "header: link"))
    answers = {FIRST: [{"id": 1}], f"{HOST}/v1/parcels?page=2": [{"id": 2}]}
    rows = read_pages(source, SINCE, {}, Pages(answers, {FIRST: link}))
    assert [row["id"] for row in rows] == [1, 2]


def test_pages_are_counted_up_to_one_without_rows() -> None:
    source = _source(("    rows: data.items\n", ""), ("field: meta.next", "page: p"))
    answers = {f"{FIRST}&p=1": [{"id": 1}], f"{FIRST}&p=2": [{"id": 2}], f"{FIRST}&p=3": []}
    pages = Pages(answers)
    assert [row["id"] for row in read_pages(source, SINCE, {}, pages)] == [1, 2]
    assert [url for url, _ in pages.asked] == list(answers)
    source = _source(("field: meta.next", "page: offset_page, first: 0"))
    pages = Pages({f"{FIRST}&offset_page=0": _page()})
    assert list(read_pages(source, SINCE, {}, pages)) == []


def test_an_api_that_does_not_count_by_that_parameter_is_refused() -> None:
    source = _source(("field: meta.next", "page: p"))
    same = _page({"id": 1})
    pages = Pages({f"{FIRST}&p=1": same, f"{FIRST}&p=2": same})
    with pytest.raises(InvalidInput, match="same as the one before"):
        list(read_pages(source, SINCE, {}, pages))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{field: a, page: p}", "one of"),
        ("{}", "one of"),
        ("{header: link, parameter: p}", "only a token"),
        ("{page: p, parameter: q}", "only a token"),
        ("{field: a, first: 0}", "number of the first"),
    ],
)
def test_a_page_names_the_next_one_in_one_way(written: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        _source(("{field: meta.next}", written))


def test_an_answer_that_is_a_bare_list_is_one_page() -> None:
    source = _source(("    rows: data.items\n    next: {field: meta.next}\n", ""))
    assert list(read_pages(source, SINCE, {}, Pages({FIRST: [{"id": 1}]}))) == [{"id": 1}]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example.com/v1",
        "http://api.example.com/v1",
        "//evil.example.com/x",
        "file:///etc",
    ],
)
def test_a_page_of_another_host_is_not_followed(target: str) -> None:
    pages = Pages({FIRST: _page({"id": 1}, then=target)})
    with pytest.raises(InvalidInput, match="another host"):
        list(read_pages(_source(), SINCE, {"X-Api-Key": "k"}, pages))
    assert len(pages.asked) == 1


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"<html>", "not JSON"),
        (b'{"data": {"items": [{"weight": NaN}]}}', "NaN is not JSON"),
        (b'{"data": {"items": [{"weight": 1e999}]}}', "1e999 is beyond the range"),
        (b"\xff", "not JSON"),
        ({"data": []}, "'data.items' of the answer is not a list"),
        ({"data": {"items": [1]}}, "not a list of objects"),
        (_page(then=[1]), "names no page"),
        (_page(then="/v1/parcels?limit=2&since=2024-01-01T00%3A00%3A00Z"), "leads back"),
    ],
)
def test_an_answer_of_another_form_is_refused_and_says_where(answer: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        list(read_pages(_source(), SINCE, {}, Pages({FIRST: answer})))
    assert str(caught.value.where["url"]).startswith(HOST) and caught.value.remedy


def test_pages_without_end_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_pages, "MAX_PAGES", 2)
    pages = Pages({FIRST: _page(then="/2"), f"{HOST}/2": _page(then="/3"), f"{HOST}/3": _page()})
    with pytest.raises(TooLarge, match="2 pages"):
        list(read_pages(_source(), SINCE, {}, pages))
