"""What is written as YAML is read back, by the loader and by others."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cli.init.yaml_text import WIDTH, comment, flow, listed, scalar
from ghosteam.problem.yaml_file import Loader

WORDS = st.sampled_from(
    ["no", "on", "y", "null", "~", "1990", "1e5", "0x1f", "007", "12:30", "a: b"]
)
TEXTS = st.text() | WORDS | st.from_regex(r"[a-z0-9 ._+-]{1,12}", fullmatch=True)


def read(text: str) -> object:
    return yaml.load(text, Loader=Loader)


@given(TEXTS)
def test_a_text_is_read_back_as_a_value_and_as_a_key(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    assert read(f"{scalar(text)}: {flow([text, {'a': text}])}") == {text: [text, {"a": text}]}
    assert yaml.safe_load(scalar(text)) == text


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans())
def test_numbers_are_read_back(value: float) -> None:
    [found] = read(flow([value]))  # type: ignore[misc]
    assert found == pytest.approx(value, rel=1e-5, abs=1e-12)


@given(st.lists(st.from_regex(r"[a-z]{1,20}", fullmatch=True), max_size=60), st.integers(0, 4))
def test_a_long_list_is_wrapped_and_read_back(values: list[str], indent: int) -> None:
    lines = listed("names", values, indent=indent)
    assert all(len(line) <= WIDTH for line in lines)
    assert read("\n".join(lines)) == {"names": [read(scalar(value)) for value in values]}


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=300))
def test_a_comment_is_nothing_else(text: str) -> None:
    assert read("\n".join(comment(text))) is None
