from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.channels.channel import (
    CHANNELS,
    MOST_BYTES,
    Subscription,
    publication,
    subscription_of,
)
from ghosteam.testing.channels import check_channel

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("name", CHANNELS.names)
@given(subject=TEXT, text=TEXT, times=st.sampled_from([1, 20_000]))
def test_a_channel_keeps_the_contract(name: str, subject: str, text: str, times: int) -> None:
    assert CHANNELS.find(name).name == name
    check_channel(CHANNELS.find(name), subject, text[:20] * times)


@given(subject=TEXT, text=TEXT, times=st.sampled_from([1, 20_000]))
def test_all_wordings_together_are_what_sns_takes(subject: str, text: str, times: int) -> None:
    found = publication(subject, text[:20] * times)
    assert len(found["Message"].encode()) <= 256 * 1024
    assert 0 < len(found["Subject"]) <= 100
    protocols = {CHANNELS.find(name).protocol for name in CHANNELS.names}
    assert set(json.loads(found["Message"])) == {"default", *protocols}
    assert protocols >= {"email", "https"}


def test_what_json_writes_in_six_bytes_leaves_no_message_unsent() -> None:
    found = publication("a\x00b", "\x1b[31mred\n" + "\x00" * 40_000)
    assert len(found["Message"].encode()) <= 256 * 1024
    assert json.loads(found["Message"])["default"].startswith(" [31mred\n")


def test_each_protocol_gets_its_words() -> None:
    subject, text = "Ghosteam: approve\nversion 2 of größe?", "Two\nlines"
    found = publication(subject, text)
    assert found["Subject"] == "Ghosteam: approve version 2 of gr??e?"
    words = json.loads(found["Message"])
    assert (words["default"], words["email"]) == (text, text)
    assert json.loads(words["https"]) == {"subject": subject, "text": text}


def test_what_is_too_long_ends_in_three_dots() -> None:
    found = publication("s" * 101, "ö" * 20_000)
    assert found["Subject"] == "s" * 97 + "..."
    words = json.loads(found["Message"])
    assert words["email"].endswith("ö...") and len(words["email"].encode()) <= MOST_BYTES
    assert json.loads(words["https"])["text"].endswith("ö...")


def test_a_channel_is_told_in_its_settings_how_people_are_reached() -> None:
    assert subscription_of({"channel": "email", "address": "ops@example.com"}) == Subscription(
        "email", "ops@example.com"
    )
    url = "https://hooks.example.com/a?b=c"
    assert subscription_of({"channel": "https", "url": url}) == Subscription("https", url)


@pytest.mark.parametrize(
    ("alert", "says"),
    [
        ({"channel": "pigeon"}, r"'pigeon' is no channel; there are email, https.*you@example"),
        ({}, "'' is no channel"),
        ({"channel": "email"}, "email must be told address, and is told none"),
        ({"channel": "email", "adress": "a@b.c"}, "must be told address, and is told adress"),
        ({"channel": "email", "address": "ops"}, r"'ops' is no e-mail address. Write it as \{"),
        ({"channel": "https", "url": "http://a.b"}, "begins with https://"),
        ({"channel": "https", "url": "https://"}, "no URL of a webhook"),
        ({"channel": "https", "url": "https://[::1"}, "Invalid IPv6 URL"),
        ({"channel": "https", "url": "https://me:secret@a.b"}, "password would stand"),
    ],
)
def test_a_mistake_in_the_settings_says_what_to_write(alert: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        subscription_of(alert)
    assert "secret" not in str(caught.value)
