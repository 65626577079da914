"""What the guides tell to write in ``infra/`` does what they say; the others are in
``tests/contract/test_guides.py``.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from textwrap import indent
from types import ModuleType

import pytest

from ghosteam.channels.channel import CHANNELS
from infra import application
from infra.constructs import layers
from infra.functions import FUNCTIONS
from infra.settings import ENVIRONMENTS
from infra.stacks import serving
from tests.guides import block_of, code_of, followed
from tests.infra.templates import Synthesized, synthesize
from tests.infra.test_alarms import BESIDE, RUNBOOK, sections, sections_named
from tests.infra.test_alert_channels import monitoring

AFTER_THE_ALARMS = "        PredictionLog(\n"


@pytest.fixture(scope="module")
def with_alarm(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """``dev`` with the guide's alarm among those of the API; what is in the layers does not matter
    here.
    """
    source, built = inspect.getsource(serving), tmp_path_factory.mktemp("layers")
    assert source.count(AFTER_THE_ALARMS) == 1
    code = indent(code_of("add-an-alarm.md", "serving"), " " * 8)
    changed = ModuleType(serving.__name__)
    exec(source.replace(AFTER_THE_ALARMS, code + AFTER_THE_ALARMS), vars(changed))
    settings = ENVIRONMENTS["dev"]
    for layer in {layer for spec in FUNCTIONS.values() for layer in spec.layers}:
        (built / settings.layer_target / layer).mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "LAYERS_FOLDER", built)
        patch.setattr(application, "Serving", changed.Serving)
        return synthesize(settings, tmp_path_factory.mktemp("alarm"))


def test_the_alarm_of_the_guide_watches_what_it_says_and_reaches_the_topic(
    with_alarm: Synthesized,
) -> None:
    [alarm] = [
        one
        for one in with_alarm.of("AWS::CloudWatch::Alarm")
        if one.id.startswith("SlowPredictions")
    ]
    found = alarm.properties
    assert (alarm.stack, found["MetricName"], found["ExtendedStatistic"], found["Threshold"]) == (
        "Serving",
        "Duration",
        "p95",
        2000,
    )
    [dimension] = found["Dimensions"]
    function = with_alarm.named("Serving", dimension["Value"]["Ref"])
    assert function.properties["FunctionName"] == "ghosteam-dev-predict"
    [topic] = with_alarm.of("AWS::SNS::Topic")
    assert topic.id in str(found["AlarmActions"])


def test_the_section_of_the_guide_is_what_the_runbook_lacks(with_alarm: Synthesized) -> None:
    named, runbook = sections_named(with_alarm) | BESIDE, RUNBOOK.read_text()
    assert named - sections(runbook) == {"slow-predictions"}
    assert named == sections(f"{runbook}\n{block_of('add-an-alarm.md', 'markdown')}")


def test_the_channel_of_the_guide_is_subscribed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed("add-a-channel.md", "tickets", CHANNELS, tmp_path, monkeypatch)
    template = monitoring(tmp_path, {"channel": "tickets", "address": "tickets@example.com"})
    template.has_resource_properties(
        "AWS::SNS::Subscription", {"Protocol": "email-json", "Endpoint": "tickets@example.com"}
    )
