"""``ghosteam status`` and ``ghosteam approve``."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from cli.connection import Connection
from cli.loop import Loop, short_time


def print_status(connection: Connection, problem: str, console: Console) -> None:
    """What serves, the last runs with their reasons, the last verdicts, what waits."""
    loop = Loop(connection, problem)
    champion, challenger = loop.champion, loop.challenger
    console.print(f"champion    {_slot(champion)}")
    console.print(f"challenger  {_slot(challenger)}")
    readiness = loop.document("readiness") or {}
    for reason in readiness.get("reasons", []):
        console.print(f"readiness   {reason}", markup=False)
    table = Table("run", "why", "outcome", "reasons", title="Runs")
    for run in loop.runs[-5:]:
        table.add_row(run["run_id"], run["reason"]["trigger"], run["status"], "\n".join(run.get("reasons", []))[:400])
    console.print(table)
    for run in loop.runs[-5:]:
        told = [*(f"{family} was lost: {why}" for family, why in run["lost"].items()), *run["notes"]]
        for line in told:
            console.print(f"{run['run_id']}  {line}", markup=False)
    for waiting in loop.documents("waiting#"):
        asked = waiting["occasion"]
        console.print(f"waiting     {asked['cause']}: {waiting['reason']}", markup=False)
    for declined in _declined(loop):
        console.print(f"declined    {declined['trigger']}: {declined['reason']}", markup=False)
    table = Table("window until", "verdict", "rows", "features", title="Drift")
    for verdict in loop.documents("verdict#drift#")[-5:]:
        word = verdict["undetermined"] or ("sustained" if verdict["sustained"] else "drifted" if verdict["drifted"] else "none")
        table.add_row(short_time(verdict["window_end"]), word, str(verdict["rows"]), ", ".join(verdict["drifted_features"]))
    console.print(table)
    for lost in loop.lost_messages():
        console.print(f"[red]waiting in a dead-letter queue[/] {lost}")


def _declined(loop: Loop) -> list[dict[str, Any]]:
    """The newest decisions that started nothing, but for those of data that were not complete yet."""
    skipped = [one for one in loop.documents("decision#") if one["decision"] == "skip"]
    told = [one for one in skipped if one["trigger"] != "readiness"]
    return sorted(told, key=lambda one: str(one["decided_at"]))[-3:]


def answer_approval(connection: Connection, problem: str, *, approve: bool) -> str:
    """Send the answer that a rollout waits for; returns what was done."""
    loop = Loop(connection, problem)
    waiting = loop.document("approval")
    if waiting is None:
        return f"Nothing of {problem} waits for approval."
    machines = connection.client("stepfunctions")
    if approve:
        machines.send_task_success(taskToken=waiting["token"], output="{}")
        return f"Version {waiting['version']} of {problem} was approved; its rollout goes on."
    machines.send_task_failure(taskToken=waiting["token"], error="Refused", cause="A person refused the model.")
    return f"Version {waiting['version']} of {problem} was refused."


def _slot(slot: dict[str, object] | None) -> str:
    return f"version {slot['version']} on {slot['endpoint']}" if slot else "none"
