"""What a function is told, is what its settings declare; what it may do, is what it is told of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields

from infra.functions import FUNCTIONS
from tests import wired
from tests.infra.templates import Resource, Synthesized, machine_states

SHARED = {
    "state_table": "State",
    "bus_name": "Bus",
    "landing_bucket": "Landing",
    "lake_bucket": "Lake",
    "artifact_bucket": "Artifacts",
    "alert_topic_arn": "Alerts",
}
"""What all stacks share: the setting that names it, and how the Foundation calls it."""
PASSED_ON = {("start_run", "lake_bucket"): "stands in the run's plan, for its jobs"}
"""What a function is told without touching it."""


def test_a_function_is_told_what_its_settings_declare(environment: Synthesized) -> None:
    for name, function in functions(environment):
        found = wired.function(name)
        queue = wired.QUEUE_VARIABLES if "work_queue" in found.asks else set()
        expected = {variable(field.name) for field in fields(found.settings)} | queue
        expected |= {library for library, _ in FUNCTIONS[name].variables}
        assert variables(function).keys() == expected, name


def test_a_job_is_told_what_its_settings_declare(environment: Synthesized) -> None:
    seen = set()
    for _, _, state in machine_states(environment):
        parameters = state.get("Parameters", {})
        arguments = re.findall(r"\w+", str(parameters.get("AppSpecification")))
        for name in wired.jobs().keys() & set(arguments):
            told = {variable(field.name) for field in fields(wired.jobs()[name].settings)}
            assert parameters["Environment"].keys() == told, name
            seen.add(name)
    assert seen >= {"ingest_file", "validate_batch", "score_batch"}


def test_a_function_may_use_what_it_is_told_of_and_nothing_else(environment: Synthesized) -> None:
    for name, function in functions(environment):
        role = function.properties["Role"]
        allowed = ids([s["Resource"] for s in environment.grants_of(function.stack, role)])
        granted = {setting for setting, id in SHARED.items() if id in allowed}
        told = SHARED.keys() & wired.function(name).declared
        passed_on = {setting for owner, setting in PASSED_ON if owner == name}
        assert granted == told - passed_on, name
        encrypted = (told - {"bus_name"}) or "work_queue" in wired.function(name).asks
        assert ("Key" in allowed) == bool(encrypted), name


def functions(environment: Synthesized) -> Iterator[tuple[str, Resource]]:
    """Each function of ours, by its name in the code."""
    for function in environment.of("AWS::Lambda::Function"):
        called = str(function.properties.get("FunctionName", ""))
        name = called.removeprefix(f"{environment.settings.prefix}-").replace("-", "_")
        if name in FUNCTIONS:
            yield name, function


def variables(function: Resource) -> dict[str, object]:
    """Its environment."""
    return dict(function.properties["Environment"]["Variables"])


def variable(field: str) -> str:
    """Name of the variable of a setting."""
    return f"GHOSTEAM_{field.upper()}"


def ids(resources: object) -> set[str]:
    """How the Foundation calls those of its resources that are among these."""
    exported = r"Foundation:ExportsOutput(?:FnGetAtt|Ref)([A-Z][a-z]+)[0-9A-F]{8}"
    return set(re.findall(exported, str(resources)))
