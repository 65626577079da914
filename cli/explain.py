"""``ghosteam explain``: a problem in words, from its folder alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ghosteam.problem.datasets import Dataset
from ghosteam.problem.durations import format_duration
from ghosteam.problem.periods import Period
from ghosteam.problem.spec import Problem
from ghosteam.problem.window import Window
from ghosteam.retraining.cost import USD_PER_HOUR, estimated_usd

HOURS_A_MONTH = 730
_RELATIVE = {
    "ml.t2.medium": 0.24,
    "ml.m5.large": 0.5,
    "ml.m5.xlarge": 1.0,
    "ml.m5.2xlarge": 2.0,
    "ml.m5.4xlarge": 4.0,
}
"""Of the price of an ml.m5.xlarge, which is an assumption: see ``ghosteam.retraining.cost``."""
_SOME = 12


def explained(
    problem: Problem, environment: str, suites: Sequence[str] = ()
) -> dict[str, list[str]]:
    """Sections of whole lines; ``suites``: the data sets that have a suite of expectations."""
    return {
        "What is predicted": list(_prediction(problem)),
        "Data": [line for name in problem.datasets for line in _dataset(problem, name)],
        "What the model reads": list(_features(problem)),
        "The loop": list(_loop(problem)),
        f"Resources in {environment}": list(_resources(problem, suites)),
        "Cost": list(_cost(problem)),
    }


def _prediction(problem: Problem) -> Iterator[str]:
    target = problem.target
    kind = {
        "binary": f"the probability of {target.name}",
        "multiclass": f"which of {', '.join(target.classes)} comes, a probability each",
        "regression": f"the number {target.name}, with an interval that holds 90% of outcomes",
    }[problem.kind.learns]
    yield f"For each {next(iter(problem.entities))} ({', '.join(problem.entity_columns)}): {kind}."
    yield f"The outcome is {target.expr}."
    if not problem.timed:
        yield "Events have no time: an outcome is known from when its row arrives on."
        return
    yield f"It is asked at {problem.event_time}, and known at {target.known_at}."
    if str(target.matures) != "0s":
        yield (
            f"An outcome is final {target.matures} after its event; without one it is then "
            f"{target.absent}."
        )


def _dataset(problem: Problem, name: str) -> Iterator[str]:
    dataset = problem.datasets[name]
    role = f"outcomes of {dataset.of}" if dataset.role == "labels" else "the events"
    if dataset.role == "lookup":
        role = _looked_up(dataset)
    elif dataset.role == "facts":
        known = format_duration(dataset.known_after)
        role = (
            f"facts, counted by {', '.join(dataset.key)}, each known {known} after {dataset.time}"
        )
    place = f"files land at {problem.problem}/{name}/"
    yield f"{name}: {role}; {len(dataset.columns)} columns; {place}."
    yield (
        f"    A bad row goes to quarantine; a file with over {dataset.reject_over:.0%}, and at "
        f"least {dataset.reject_at_least}, is refused."
    )


def _looked_up(dataset: Dataset) -> str:
    key = ", ".join(dataset.through.get(column, column) for column in dataset.key)
    if dataset.static:
        return f"looked up by {key}, for all times"
    assert dataset.every is not None
    known = f", known {format_duration(dataset.known_after)} after its time"
    return f"looked up by {key} and time, a row each {_period(dataset.every)}{known}"


def _period(period: Period) -> str:
    if period.months:
        years, months = divmod(period.months, 12)
        return f"{years} years" if not months else f"{period.months} months"
    return format_duration(period.length)


def _features(problem: Problem) -> Iterator[str]:
    features = problem.features
    if features.request:
        yield f"with each request: {_listed(features.request)}"
    if features.join:
        yield f"looked up: {_listed(features.join)}"
    yield from map(_window, features.windows)
    for derived in features.derived:
        yield f"{derived.name}: {derived.expr}"
    if problem.exclude:
        yield f"never, because it is known too late: {_listed(problem.exclude)}"
    yield f"A request carries {_listed(problem.request_columns)}."


def _window(window: Window) -> str:
    lengths = " and ".join(map(format_duration, window.listed))
    which = f"{window.aggregate} {window.n}" if window.n else window.aggregate
    of = f"{window.of} in {window.from_}" if window.from_ else window.of
    where = f" where {window.where}" if window.where else ""
    by = ", ".join(window.by)
    ratio = f", divided by that over {format_duration(window.ratio_to)}" if window.ratio_to else ""
    return (
        f"{_listed(window.features)}: {which} of {of}{where} by {by} over "
        f"{lengths}{ratio}, at least {window.min_rows} rows"
    )


def _loop(problem: Problem) -> Iterator[str]:
    retrain, model, promote = problem.retrain, problem.model, problem.promote
    if problem.timed:
        yield (
            f"1. A first run begins when {retrain.min_train} of events before the newest "
            f"{problem.holdout} are there, {retrain.min_coverage:.0%} of the days with rows."
        )
    else:
        yield f"1. A first run begins when {retrain.min_rows} events with an outcome are there."
    yield (
        f"2. It tries {', '.join(model.families)}, each with up to {model.trials} sets of "
        f"parameters in {model.minutes:g} minutes, and judges the best by {promote.metric} on the "
        "hold-out "
        f"({problem.holdout})."
    )
    limit, honesty = "", problem.kind.honesty.replace("_", " ")
    if promote.limit is not None:
        word = "at least" if promote.at_least is not None else "at most"
        limit = f"{promote.metric} {word} {promote.limit:g}, "
    yield (
        f"3. It may serve when it passes the gates: {limit}better than knowing nothing and than "
        f"the champion, {honesty} at most {promote.max_calibration_error:g}, "
        f"{promote.max_latency_ms:g} ms a row"
        + (f", no worse in parts by {', '.join(promote.slices)}" if promote.slices else "")
        + ("; a person must approve it." if promote.approval == "required" else ".")
    )
    rollout = problem.serve.rollout
    yield (
        f"4. {rollout.percent}% of the traffic meets it for {format_duration(rollout.watch)}, then "
        f"all of it; the old one stays up for {format_duration(problem.serve.rollback_hold)}."
    )
    watch = problem.watch
    yield (
        f"5. Each {watch.window} its predictions are compared with what it learned from; drift in "
        f"{watch.drift[0]} of {watch.drift[1]} windows counts. With {watch.performance.min_labels} "
        f"outcomes it is judged again, and may fall by {watch.performance.max_drop:g}."
    )
    yield (
        f"6. It is trained again on {', '.join(retrain.starts)}, at most once in "
        f"{format_duration(retrain.cooldown)} and for ${retrain.max_usd_month:g} a month"
        + (f", on at most {retrain.train_window} of events." if problem.timed else ".")
    )


def _resources(problem: Problem, suites: Sequence[str]) -> Iterator[str]:
    serve = problem.serve
    up = f"always up ({serve.mode} endpoint), and as many more in a rollout"
    yield f"{serve.instance_count} × {serve.instance_type}, {up}"
    jobs = 2 + len(problem.model.families) + problem.model.refit
    yield f"{jobs} jobs a run, which end with it"
    for name in suites:
        yield f"a job for each batch of {name}, which runs its suite of Great Expectations"
    if problem.sources:
        yield f"schedules for {', '.join(problem.sources)}"
    yield "buckets, tables, functions, workflows and API: shared by all problems, they cost by use"


def _cost(problem: Problem) -> Iterator[str]:
    serve = problem.serve
    share = _RELATIVE.get(serve.instance_type)
    if share is None:
        yield f"idle: {serve.instance_count} × {serve.instance_type}, whose price is not known here"
    else:
        month = serve.instance_count * share * USD_PER_HOUR * HOURS_A_MONTH
        yield f"idle: about ${month:.0f} a month for the endpoint, and next to nothing for the rest"
    yield f"a run: about ${estimated_usd(problem.model):.2f} at most"
    yield (
        f"Assumed is ${USD_PER_HOUR} an hour for an ml.m5.xlarge: compare it with your region's "
        "price."
    )


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SOME} more" if len(names) > _SOME else ""
    return ", ".join(names[:_SOME]) + more
