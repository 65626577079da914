"""A guess as the text of ``problem.yaml``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from cli.infer.column import InferredColumn
from cli.infer.datasets import FoundDataset
from cli.infer.guessed import Guess
from cli.infer.typed import declared, nice_above
from cli.init.yaml_text import comment, flow, listed, scalar

_METRICS = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
_SMALL, _LARGE = 3_000, 20_000
_TOLD = 12
_EXAMPLE = 40


def write_problem(guess: Guess) -> str:
    """The whole file."""
    return "\n".join([*_lines(guess), ""])


def _lines(guess: Guess) -> Iterator[str]:
    yield from comment(_headline(guess))
    yield from ("version: 1", f"problem: {guess.asked.name}", f"task: {guess.target.task}", "")
    identity, time = guess.identity, guess.time
    yield f"entities: {flow({identity.entity: list(identity.columns)})}"
    if identity.added:
        yield from comment(
            f"Rows have no id: {identity.id[0]} is made of a row's content; whoever asks for a "
            "prediction sends any text that tells rows apart."
        )
    yield f"event_time: {_quoted(time.expression)}"
    if time.timed:
        yield "# When is the outcome really known? Nothing in the data says it: correct this line."
    yield f"target: {flow(_target(guess))}"
    yield from ("", "datasets:")
    yield from _events(guess)
    for name in guess.lookups:
        yield from _lookup(guess, name)
    for name in guess.facts:
        yield from _facts(guess, name)
    yield ""
    yield from _exclude(guess)
    yield from ("", "features:")
    if guess.chosen.features:
        yield from listed("request", guess.chosen.features, indent=2)
    joins = [
        f"{name}.{column}" for name, found in guess.lookups.items() for column in found.features
    ]
    if joins:
        yield from listed("join", joins, indent=2)
    if guess.calendar:
        yield "  derived:"
        for name, one in guess.calendar.items():
            told = {"name": name, "expr": one.expr}
            yield "    - " + flow({**told, **({"categorical": True} if one.categorical else {})})
    if guess.windows:
        counted = [(window.facts, window.by) for window in guess.windows]
        if len(set(counted)) < len(counted):
            yield "  windows_online: together"
        yield "  windows:"
        for window in guess.windows:
            yield "    - " + flow(
                {
                    "name": window.name,
                    **({"from": window.facts} if window.facts else {}),
                    "by": [window.by],
                    window.aggregate: window.of,
                    "over": window.over,
                    **({"min_rows": 1} if window.aggregate == "mean" and window.facts else {}),
                }
            )
    yield ""
    yield from _policies(guess)


def _quoted(expression: str) -> str:
    return flow(expression) if '"' in expression else expression


def _headline(guess: Guess) -> str:
    files = [table.path.name for table in guess.events.tables]
    told = files[0] if len(files) == 1 else f"{len(files)} files such as {files[0]}"
    column, classes = guess.target.column.name, guess.target.classes
    what = {
        "binary": f"Predicts whether {column} is {classes[1] if classes else 'true'}",
        "multiclass": f"Predicts {column}, one of {len(classes)} classes",
        "regression": f"Predicts {column}, a number",
    }[guess.target.task]
    return f"{what}. Guessed by ./ghosteam init from {told}: correct what it could not know."


def _target(guess: Guess) -> dict[str, object]:
    target: dict[str, object] = {"name": guess.target.name, "expr": guess.target.expr}
    if guess.target.classes:
        target["classes"] = list(guess.target.classes)
    if guess.time.timed:
        target["known_at"] = f"event_time + {_delay(guess.time.step)}"
    return target


def _delay(step: timedelta) -> str:
    if step >= timedelta(days=365):
        return "1y"
    return "1 month" if step >= timedelta(days=28) else "1d"


def _events(guess: Guess) -> Iterator[str]:
    yield f"  {guess.events.name}:"
    yield "    role: events"
    if guess.identity.id:
        yield from listed("id", guess.identity.id, indent=4)
    yield from _files(guess.events)
    yield "    columns:"
    needed = guess.needed
    asked = {*guess.chosen.features, *guess.identity.named_by, *guess.time.columns}
    for name, found in guess.events.described.items():
        if name not in needed:
            continue
        column = declared(
            found,
            key=name in guess.identity.named_by,
            outcome=name == guess.target.column.name,
        )
        if guess.identity.added and name in guess.identity.id:
            column["made_of"] = "content"
        column = _with_writing(column, guess.events.declared(name, found.type))
        if name in guess.late:
            column["nullable"] = True
            column.pop("values", None)
        if name in guess.time.columns:
            column.pop("nullable", None)
        column |= _time_bounds(guess, name)
        if name in asked and (example := _example(found)) is not None:
            column["example"] = example
        yield f"      {scalar(name)}: {_column(column)}"
    yield from _left_out(guess.chosen.left_out)


def _files(source: FoundDataset) -> Iterator[str]:
    if source.written.files:
        yield f"    files: {flow(source.written.files)}"


def _with_writing(column: Mapping[str, object], writing: Mapping[str, object]) -> dict[str, object]:
    """How files write a column stands beside its type."""
    kind, others = column["type"], {k: v for k, v in column.items() if k != "type"}
    return {"type": kind, **writing, **others}


def _column(column: Mapping[str, object]) -> str:
    if column.keys() == {"type"}:
        return str(column["type"])
    if column.keys() == {"type", "nullable"}:
        return f"{column['type']}?" if column["nullable"] else str(column["type"])
    return flow(column)


def _time_bounds(guess: Guess, name: str) -> dict[str, object]:
    """Bounds of times that lie outside of the default ones."""
    least = guess.events.described[name].low
    if guess.time.expression.startswith("date(") and name == guess.time.columns[0]:
        return {"min": int(least) // 100 * 100} if least is not None and least < 1900 else {}
    if name not in guess.bounds:
        return {}
    earliest, latest = guess.bounds[name]
    found: dict[str, object] = {}
    if earliest < datetime(1900, 1, 1, tzinfo=earliest.tzinfo):
        found["earliest"] = f"{earliest.year // 100 * 100}-01-01"
    if latest > guess.asked.now + timedelta(days=300):
        found["latest"] = f"{min(2200, latest.year // 100 * 100 + 100)}-01-01"
    return found


def _example(found: InferredColumn) -> object | None:
    text = found.example
    if text is None or len(text) > _EXAMPLE:
        return None
    if found.type == "integer" or (found.type == "timestamp" and found.unit):
        return int(float(text))
    if found.type == "number":
        return float(text) if math.isfinite(float(text)) else None
    if found.type == "boolean":
        return text.lower() == "true"
    if found.type == "timestamp" and len(text) == len("2013-04-01"):
        return f"{text}T00:00:00Z"
    return text


def _left_out(left: Mapping[str, str]) -> Iterator[str]:
    for name, why in list(left.items())[:_TOLD]:
        yield from comment(f"{name} is left out: {why}", indent=6)
    if len(left) > _TOLD:
        more = list(left)[_TOLD:]
        yield from comment(f"So are {', '.join(more)}", indent=6)


def _lookup(guess: Guess, name: str) -> Iterator[str]:
    found, source = guess.lookups[name], guess.sources[name]
    yield f"  {name}:"
    yield from listed("key", found.key, indent=4)
    if found.time is not None:
        yield f"    time: {_quoted(found.time)}"
        yield f"    every: {found.every}"
        yield f"    known_after: {found.every}  # when is a row there? correct it"
    else:
        yield "    static: true"
    yield from _files(source)
    yield "    columns:"
    for column, described in source.described.items():
        is_time = found.time is not None and column == _bare(found.time)
        if column in (*found.key, *found.features) or is_time:
            form = declared(described, key=column in found.key)
            if is_time:
                form.pop("nullable", None)
            form = _with_writing(form, source.declared(column, described.type))
            yield f"      {scalar(column)}: {_column(form)}"
    yield from _left_out(found.left_out)


def _facts(guess: Guess, name: str) -> Iterator[str]:
    found, source = guess.facts[name], guess.sources[name]
    yield f"  {name}:"
    yield "    role: facts"
    yield from listed("key", found.key, indent=4)
    yield f"    time: {_quoted(found.time)}"
    yield "    known_after: 1h  # when is a row there? correct it"
    if found.id:
        yield from listed("id", found.id, indent=4)
    yield from _files(source)
    yield "    columns:"
    named = (*found.key, *found.id, _bare(found.time))
    if found.made_id:
        yield f"      {scalar(found.id[0])}: {_column({'type': 'string', 'made_of': 'content'})}"
    for column in found.columns:
        described = source.described[column]
        form = declared(described, key=column in named)
        if column in named:
            form.pop("nullable", None)
        form = _with_writing(form, source.declared(column, described.type))
        yield f"      {scalar(column)}: {_column(form)}"


def _bare(written: str) -> str:
    return written[1:-1].replace('""', '"') if written.startswith('"') else written


def _exclude(guess: Guess) -> Iterator[str]:
    if guess.late:
        yield "# Known only with the outcome, or after it: they would leak the answer."
        for name, why in guess.late.items():
            yield from comment(f"  {name}: {why}")
    yield from listed("exclude", [guess.target.column.name, *guess.late])


def _policies(guess: Guess) -> Iterator[str]:
    lengths, task = guess.lengths, guess.target.task
    if guess.rows < _SMALL:
        model: dict[str, object] = {"families": ["lightgbm", "forest", "linear"], "trials": 20}
    else:
        model = {"families": ["lightgbm", "xgboost", "sklearn"], "trials": 20}
    model["minutes"] = 5 if guess.rows < _LARGE else 10
    if guess.chosen.weight:
        model["weight"] = guess.chosen.weight
    yield f"model: {flow(model)}"
    yield f"holdout: {lengths.holdout}"
    calibration = 0.1 if guess.rows >= _LARGE else 0.15 if guess.rows >= _SMALL else 0.2
    promote: dict[str, object] = {"metric": _METRICS[task], "max_calibration_error": calibration}
    yield f"promote: {flow(promote)}"
    yield "serve: {mode: realtime, rollout: canary 10% 15m, rollback_hold: 1h}"
    performance: dict[str, object] = {"min_labels": lengths.labels}
    if task == "regression":
        performance["max_drop"] = nice_above(0.1 * guess.scale) if guess.scale > 0 else 0.1
    elif task == "multiclass":
        performance["max_drop"] = 0.1
    watch = {"window": lengths.window, "drift": "2 of 3", "min_rows": lengths.rows}
    yield f"watch: {flow({**watch, 'performance': performance})}"
    retrain: dict[str, object] = {"on": ["readiness", "drift", "performance", "definition"]}
    retrain["cooldown"] = "7d"
    if guess.time.timed:
        retrain |= {"train_window": lengths.train_window, "min_train": lengths.min_train}
        if guess.min_coverage is not None:
            retrain["min_coverage"] = guess.min_coverage
    elif lengths.min_rows:
        retrain["min_rows"] = lengths.min_rows
    yield f"retrain: {flow(retrain)}"
    yield from ("", "environments:")
    yield "  local:  # small budgets and short waits: the embedded account on a laptop"
    yield "    model: {trials: 3, minutes: 1}"
    yield "    serve: {rollout: canary 20% 15s, rollback_hold: 30s}"
    if guess.windows:
        yield "    # History lands at once: windows of its last days may not be online in time."
        yield "    promote: {parity: {when_not_online: promote}}"
    yield "    retrain: {on: [readiness, definition]}"
    yield "  prod:"
    yield "    promote: {approval: required}"
