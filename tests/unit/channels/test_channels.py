from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings

from ghosteam.channels.alert import Alert, headline, text_of
from ghosteam.channels.channel import (
    CHANNELS,
    Post,
    Publication,
    Subscription,
    Topic,
    Web,
    place_of,
)
from ghosteam.channels.webhook import signature_of
from ghosteam.testing.channels import check_channel, sending_of
from tests.alerts import ANY_ALERT, AT, alert


def published(name: str, told: Alert) -> Publication:
    channel = CHANNELS.find(name)
    words = channel.word(told, sending_of(channel))
    assert isinstance(words, Publication)
    return words


def posted(name: str, told: Alert, **settings: str) -> tuple[Post, Any]:
    channel = CHANNELS.find(name)
    sending = sending_of(channel)
    words = channel.word(told, replace(sending, settings={**sending.settings, **settings}))
    assert isinstance(words, Post)
    return words, json.loads(words.body)


@pytest.mark.parametrize("name", CHANNELS.names)
@settings(deadline=None)
@given(told=ANY_ALERT)
def test_a_channel_keeps_the_contract(name: str, told: Alert) -> None:
    assert CHANNELS.find(name).name == name
    check_channel(CHANNELS.find(name), told)


def test_a_message_says_what_how_bad_since_when_what_was_done_and_where_to_look() -> None:
    assert published("email", alert()).text == (
        "flights: what the model uses has drifted: temp\n"
        "Severity: warning. Since 2024-05-20 12:00 UTC.\n\n"
        "temp: mean 12.5, was 4.0\nwind: 3 % missing, was 0 %\n\n"
        "What the system did: A retraining run r2 was started.\n\n"
        "Where to look:\n  ./ghosteam why flights\n  docs/runbook.md#drift"
    )
    assert published("sns", alert()).text == published("email", alert()).text
    over = alert(state="cleared", until=AT.replace(hour=15))
    assert headline(over) == "Over: flights: what the model uses has drifted: temp"
    assert "From 2024-05-20 12:00 to 2024-05-20 15:00 UTC." in text_of(over)


def test_a_subject_is_one_line_of_ascii() -> None:
    told = published("email", alert(what="version 2 of größe\nwaits"))
    assert told.subject == "Ghosteam: Warning: flights: version 2 of gr??e waits"
    assert published("email", alert(what="s" * 200)).subject.endswith("s...")


def test_https_has_the_words_as_json() -> None:
    told = json.loads(published("https", alert()).text)
    assert told["subject"] == headline(alert()) and told["text"] == text_of(alert())
    assert (told["state"], told["severity"], told["problem"]) == ("raised", "warning", "flights")


def test_slack_escapes_what_would_call_people_and_keeps_to_its_limits() -> None:
    request, body = posted("slack", alert(what="<!channel> & co", details=("<&>" * 2000,)))
    assert request.url == "https://hooks.slack.com/services/T0/B0/x"
    assert "&lt;!channel&gt; &amp; co" in body["text"] and "<!" not in body["text"]
    header, *sections, context = body["blocks"]
    assert header["text"]["type"] == "plain_text" and len(header["text"]["text"]) <= 150
    texts = [section["text"]["text"] for section in sections]
    assert all(0 < len(text) <= 3000 and "<" not in text for text in texts)
    assert texts[1].endswith("...") and "&..." not in texts[1]
    assert context["elements"][0]["text"] == "ghosteam-dev"


def test_pagerduty_has_one_alert_for_a_condition_from_its_trigger_to_its_end() -> None:
    request, raised = posted("pagerduty", alert())
    assert request.url == "https://events.pagerduty.com/v2/enqueue"
    assert raised["event_action"] == "trigger"
    assert raised["payload"]["severity"] == "warning"
    assert raised["payload"]["timestamp"] == "2024-05-20T12:00:00+00:00"
    assert raised["payload"]["custom_details"]["what the system did"].startswith("A retraining")
    _, over = posted("pagerduty", alert(state="cleared", until=AT, severity="error"))
    assert over["event_action"] == "resolve" and over["dedup_key"] == raised["dedup_key"]
    _, other = posted("pagerduty", alert(condition="another"))
    assert other["dedup_key"] != raised["dedup_key"]
    request, news = posted("pagerduty", alert(state="news", severity="info"))
    assert request.url.endswith("/v2/change/enqueue") and "event_action" not in news
    request, _ = posted("pagerduty", alert(), url="https://events.eu.pagerduty.com/")
    assert request.url == "https://events.eu.pagerduty.com/v2/enqueue"


def test_a_webhook_is_signed_by_the_standard() -> None:
    request, body = posted("webhook", alert())
    assert body["type"] == "alert.raised" and body["data"]["text"] == text_of(alert())
    key = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = f"msg_1.{request.headers['webhook-timestamp']}.".encode() + request.body
    signature = b64encode(hmac.digest(key, signed, sha256)).decode()
    assert request.headers["webhook-signature"] == f"v1,{signature}"
    assert request.headers["webhook-id"] == "msg_1"


def test_the_signature_is_that_of_the_standard_s_own_example() -> None:
    """Source: Standard Webhooks, tests of its libraries: key, id, time and payload there."""
    assert (
        signature_of(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            b'{"test": 2432232314}',
        )
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


@pytest.mark.parametrize(
    ("name", "changed", "says"),
    [
        ("slack", {"url": "http://hooks.example.com/secret"}, "no URL that begins with https"),
        ("slack", {"url": "https://[::1"}, "no URL"),
        ("slack", {"url": "https://a.b/ secret"}, "no URL"),
        ("pagerduty", {"routing_key": "k3y"}, "32 letters and digits"),
        ("webhook", {"key": "whsec_c2VjcmV0"}, "24 to 64 bytes"),
        ("webhook", {"key": "k3y"}, "whsec_"),
    ],
)
def test_a_secret_that_cannot_be_is_told_and_not_shown(
    name: str, changed: dict[str, str], says: str
) -> None:
    channel = CHANNELS.find(name)
    sending = replace(sending_of(channel), secret={**channel.secret, **changed})
    with pytest.raises(ValueError, match=says) as caught:
        channel.word(alert(), sending)
    assert all(value not in str(caught.value) for value in changed.values())


def test_a_service_on_this_machine_needs_no_tls() -> None:
    channel = CHANNELS.find("slack")
    for url in ("http://127.0.0.1:8080/x", "http://localhost/x"):
        sending = replace(sending_of(channel), secret={"url": url})
        assert isinstance(channel.word(alert(), sending), Post)


def test_a_channel_is_told_in_its_settings_how_people_are_reached() -> None:
    assert place_of("email", {"address": "ops@example.com"}) == Subscription(
        "email", "ops@example.com"
    )
    url = "https://hooks.example.com/a?b=c"
    assert place_of("https", {"url": url}) == Subscription("https", url)
    arn = "arn:aws:sns:eu-west-1:111122223333:on-call"
    assert place_of("sns", {"topic": arn}) == Topic(arn)
    assert place_of("slack", {"secret": "ghosteam/prod/slack"}) == Web()
    eu = {"secret": "pd", "url": "https://events.eu.pagerduty.com"}
    assert place_of("pagerduty", eu) == Web()


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("pigeon", {}, r"'pigeon' is no channel; there are email, https.*you@example"),
        ("", {}, "'' is no channel"),
        ("email", {}, "email must be told address, and is told none"),
        ("email", {"adress": "a@b.c"}, "must be told address, and is told adress"),
        ("email", {"address": "ops"}, r"'ops' is no e-mail address. Write it as \{"),
        ("https", {"url": "http://a.b"}, "begins with https://"),
        ("https", {"url": "https://"}, "no URL of a webhook"),
        ("https", {"url": "https://[::1"}, "Invalid IPv6 URL"),
        ("https", {"url": "https://me:secret@a.b"}, "password would stand"),
        ("sns", {"topic": "on-call"}, "no ARN of a standard topic"),
        ("sns", {"topic": "arn:aws:sns:eu-west-1:111122223333:on-call.fifo"}, "no ARN"),
        ("slack", {"secret": "https://hooks.slack.com/x"}, "no name of a secret"),
        ("slack", {"url": "https://hooks.slack.com/x"}, "must be told secret, and is told url"),
        ("pagerduty", {"secret": "pd", "url": "http://a.b"}, "begins with https"),
        ("pagerduty", {"key": "k"}, "must be told secret and may be told url, and is told key"),
    ],
)
def test_a_mistake_in_the_settings_says_what_to_write(
    name: str, given: dict[str, str], says: str
) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        place_of(name, given)
    assert "secret@" not in str(caught.value)
