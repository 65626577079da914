"""Write ``docs/problem-yaml.md``, ``docs/problem.schema.json`` and ``docs/documents.md``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from cli.reference import stored
from cli.reference.explained import FIELDS, SECTIONS
from ghosteam.problem import (
    datasets,
    decide,
    derived,
    files,
    promote,
    retrain,
    search,
    serve,
    sources,
    spec,
    watch,
)
from ghosteam.problem.aggregates import AGGREGATES, ROWS
from ghosteam.problem.durations import DURATION
from ghosteam.problem.share import SHARE
from ghosteam.problem.window import RATE
from ghosteam.tasks.task import TASKS, metrics_of

EXAMPLE = Path(__file__).with_name("example.yaml")
"""A whole problem."""
REFERENCE, SCHEMA = "problem-yaml.md", "problem.schema.json"
_DURATION_OR_SHARE = {"type": "string", "pattern": f"^({DURATION}|{SHARE})$"}
_DURATION = {"type": "string", "pattern": f"^({DURATION})$"}
_SHORT_FORMS = {
    "Column": r"^(integer|number|string|boolean|timestamp)\??$",
    "Rollout": f"^canary (100|[1-9][0-9]?)% ({DURATION})$",
}


def models() -> dict[str, type[BaseModel]]:
    """The grammar's models, in the order in which they are told."""
    grammar = (
        spec,
        datasets,
        derived,
        files,
        search,
        promote,
        decide,
        serve,
        watch,
        retrain,
        sources,
    )
    found = {}
    for name in SECTIONS:
        for module in grammar:
            if hasattr(module, name):
                found[name] = getattr(module, name)
                break
    return found


def schema() -> dict[str, Any]:
    """The JSON Schema of ``problem.yaml``, for editors."""
    document = spec.Problem.model_json_schema()
    definitions = document["$defs"]
    for name, described in [*definitions.items(), ("Problem", document)]:
        described.pop("description", None)
        for field, property in described.get("properties", {}).items():
            meaning, example = FIELDS[name][field]
            property["description"] = f"{meaning} Example: {example}"
        _plain(described)
    for name, pattern in _SHORT_FORMS.items():
        definitions[name] = {"anyOf": [{"type": "string", "pattern": pattern}, definitions[name]]}
    drift = definitions["Watch"]["properties"]["drift"]
    definitions["Watch"]["properties"]["drift"] = {
        "type": "string",
        "pattern": "^[1-9][0-9]* of [1-9][0-9]*$",
        "default": "2 of 3",
        "description": drift["description"],
    }
    _windows(definitions["Window"])
    document["required"] = [name for name in document["required"] if name != "promote"]
    definitions["Promote"]["required"] = []
    document["properties"]["environments"] = {
        "type": "object",
        "additionalProperties": {"type": "object"},
        "description": "Fields that are different in an environment, by its name. "
        "Example: {prod: {promote: {approval: required}}}",
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def reference() -> str:
    """The reference as Markdown."""
    lines = [
        "# problem.yaml",
        "",
        "A folder below `feature_repo/` is one learning problem, and its `problem.yaml` says all "
        "about it. This page is made from",
        "the grammar by `./ghosteam reference`, as is `docs/problem.schema.json`. An editor that "
        "knows JSON Schema checks the file while",
        "you write it, with this first line:",
        "",
        "```yaml",
        "# yaml-language-server: $schema=../../docs/problem.schema.json",
        "```",
        "",
        "Durations are a whole number and a unit, at most 99 years: `30s`, `15m`, `1h`, `7d`, "
        "`2w`, `1 month`, `1y`. "
        "Periods, times, `holdout`, `matures`, `watch.window` and the lengths of `retrain` count "
        "months and years by the calendar; elsewhere a month is 31 days and a year 366. A field "
        "without a default is required.",
        "",
        "## A whole file",
        "",
        "What is left out has its default.",
        "",
        "```yaml",
        EXAMPLE.read_text(encoding="utf-8").rstrip(),
        "```",
        "",
        "## Tasks",
        "",
        "| task | outputs of a prediction | metrics, the first is the default |",
        "|---|---|---|",
    ]
    for name in TASKS.names:
        task = TASKS.find(name)
        outputs = ", ".join(f"`{output}`" for output in task.outputs("<target>", ("<class>", "…")))
        metrics = ", ".join(f"`{metric}`" for metric in metrics_of(task))
        lines.append(f"| `{name}` | {outputs} | {metrics} |")
    for name, model in models().items():
        lines += ["", f"## {name}", "", SECTIONS[name], ""]
        lines += ["| field | default | meaning | example |", "|---|---|---|---|"]
        for field, (meaning, example) in FIELDS[name].items():
            lines.append(f"| `{field}` | {_default(model, field)} | {meaning} | `{example}` |")
    return "\n".join(lines) + "\n"


def write(docs: Path) -> list[Path]:
    """Write all; their paths."""
    written = {
        docs / REFERENCE: reference(),
        docs / stored.PAGE: stored.page(),
        docs / SCHEMA: json.dumps(schema(), indent=1, ensure_ascii=False) + "\n",
    }
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    return list(written)


def _windows(described: dict[str, Any]) -> None:
    """A window's aggregate as people write it: one name, with what it is of."""
    long = ["aggregate", "of"]
    short = (RATE, *AGGREGATES.names)
    for name in short:
        aggregate = AGGREGATES.find("mean" if name == RATE else name)
        example = ROWS if aggregate.of == ROWS else "late"
        described["properties"][name] = {
            "type": "string",
            "description": f"Short for the aggregate {aggregate.name}. Example: {example}",
        }
    described["required"] = [
        field for field in described["required"] if field not in (*long, "min_rows")
    ]
    described["oneOf"] = [{"required": long}, *({"required": [name]} for name in short)]


def _plain(described: Any) -> None:
    """Durations as people write them, and no titles."""
    if isinstance(described, dict):
        described.pop("title", None)
        if described.get("format") == "duration":
            described.pop("format")
            described.update(_DURATION)
        elif described.get("format") == "duration or share":
            described.pop("format")
            described.update(_DURATION_OR_SHARE)
        for value in described.values():
            _plain(value)
    elif isinstance(described, list):
        for value in described:
            _plain(value)


def _default(model: type[BaseModel], field: str) -> str:
    found = next(one for name, one in model.model_fields.items() if field in (name, one.alias))
    if (model.__name__, field) in {("Problem", "promote"), ("Promote", "metric")}:
        return "the task's"
    if (model.__name__, field) == ("Window", "min_rows"):
        return ", ".join(
            f"`{AGGREGATES.find(name).min_rows}` for {name}" for name in AGGREGATES.names
        )
    if found.is_required():
        return ""
    value = found.get_default(call_default_factory=True)
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        return "its defaults"
    dumped = model.__pydantic_serializer__.to_python(
        model.model_construct(**{field: value}), mode="json", include={field}
    )[field]
    if field == "drift":
        dumped = "{} of {}".format(*dumped)
    if field == "rollout":
        return "`canary 10% 15m`"
    return f"`{json.dumps(dumped) if not isinstance(dumped, str) else dumped}`"
