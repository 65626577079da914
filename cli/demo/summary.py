"""The table at the end of the demo."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from rich.console import Console
from rich.table import Table

from cli.demo.play import Play
from cli.demo.stages import Stages
from ghosteam.aws.tracking import experiment_name
from ghosteam.documents import state_keys
from ghosteam.documents.drift_verdict import FeatureMeasured
from ghosteam.documents.evaluation import CandidateRecord, ChampionRecord


def print_summary(console: Console, stages: Stages, play: Play, *, total: float) -> None:
    """Stages with their times, then what was decided and why, then where to look further."""
    loop, traffic, metric = play.loop, play.traffic, play.problem.promote.metric
    times = Table("stage", "time", title="\nThe loop", title_justify="left")
    for title, seconds in stages.times:
        times.add_row(title, f"{seconds:.0f} s")
    times.add_row("[bold]in all[/]", f"[bold]{total:.0f} s[/]")
    console.print(times)

    runs = Table(
        "run",
        "started by",
        "chosen",
        metric,
        "champion's",
        "difference",
        "outcome",
        title="Models",
        title_justify="left",
    )
    for run in loop.runs:
        measured = loop.evaluation(run.run_id)
        chosen = measured.candidate if measured else None
        champion, comparison = (
            (measured.champion, measured.comparison) if measured else (None, None)
        )
        runs.add_row(
            f"{run.as_of:%Y-%m-%d}",
            run.reason.trigger,
            f"{chosen.family}, version {run.version or '–'}" if chosen else "–",
            _value(chosen, metric),
            f"{_value(champion, metric)}, version {champion.version}" if champion else "–",
            f"{comparison.difference:+.3f}, at least {comparison.lower:+.3f}"
            if comparison and comparison.lower is not None
            else "–",
            run.status,
        )
    console.print(runs)
    last = loop.runs[-1]
    console.print(f"why: {last.reasons[-1]}", markup=False)

    sustained = [
        verdict for verdict in loop.documents(state_keys.DRIFT_VERDICTS) if verdict.sustained
    ]
    if sustained:
        drifted = (f for f in sustained[-1].features if f.name in sustained[-1].drifted_features)
        console.print(
            f"drifted until {sustained[-1].window_end:%Y-%m-%d}: "
            + "; ".join(map(_drifted, drifted))
        )
    console.print(
        f"API: {traffic.requests} requests, {traffic.predictions} predictions, "
        f"{len(traffic.failures)} failed; "
        + ", ".join(
            f"version {version} gave {count}" for version, count in sorted(traffic.versions.items())
        )
    )
    console.print("\n[bold]Look further[/]")
    account = loop.connection
    addresses = {
        "API docs": account.page("/docs"),
        "MLflow": experiment_page(
            account.variables["SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT"], experiment_name(play.name)
        ),
    }
    if sustained:
        addresses["drift report"] = play.report_file.as_uri()
    for name, address in addresses.items():
        console.print(f"  {name:<13} {address}", soft_wrap=True)
    console.print(
        f"  ./ghosteam status {play.name} · ./ghosteam token · ./ghosteam local logs · ./ghosteam "
        "local down stops everything",
        soft_wrap=True,
    )


def experiment_page(
    server: str, name: str, *, get: Callable[..., httpx.Response] = httpx.get
) -> str:
    """Address of an experiment's page; of the server where it does not tell."""
    asked = f"{server}/api/2.0/mlflow/experiments/get-by-name"
    try:
        answer = get(asked, params={"experiment_name": name}, timeout=10).json()
        return f"{server}/#/experiments/{answer['experiment']['experiment_id']}/runs"
    except (httpx.HTTPError, ValueError, KeyError):
        return server


def _value(measured: CandidateRecord | ChampionRecord | None, metric: str) -> str:
    value = measured.metrics.get(metric) if measured and measured.metrics else None
    return "–" if value is None else f"{value:.3f}"


def _drifted(feature: FeatureMeasured) -> str:
    """How a feature drifted."""
    return f"{feature.name}: {feature.told}"
