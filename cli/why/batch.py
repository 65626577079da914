"""``ghosteam why PROBLEM batch ID``: what became of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cli.facts.fact import Answer, Fact, moment
from ghosteam.documents import keys, state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.expectations_result import ExpectationsResult
from ghosteam.documents.landing import Landing
from ghosteam.documents.materialized_batch import MaterializedBatch

TOP_REASONS = 5


@dataclass(frozen=True)
class FileDocuments:
    """What there is about a batch.

    ``landings``: by landing key, those of its own key and of all that hold it. ``batches``: of its
    data set, by id. ``broken_rules``: rows that broke a rule, by the rule, None where its profile
    is missing; ``untimed_rows``: those whose outcome counts as unknown. ``used_by``: ids of runs
    whose plan names it, of the ``searched`` newest. ``silent_suite``: where there is a suite and
    its ``expectations`` are not told, what became of its job.
    """

    record: BatchRecord
    landings: Mapping[str, Landing] = field(default_factory=dict)
    batches: Mapping[str, BatchRecord] = field(default_factory=dict)
    broken_rules: Mapping[str, int] | None = None
    untimed_rows: int = 0
    rejection: str | None = None
    expectations: ExpectationsResult | None = None
    silent_suite: Fact | None = None
    materialized: MaterializedBatch | None = None
    used_by: Sequence[str] = ()
    searched: int = 0


def why_batch(found: FileDocuments) -> Answer:
    """Where it landed, what its rows were, whether it counts, and who used it."""
    suite = list(_suite(found))
    return {
        "Where it landed": list(_landed(found)),
        "What its rows were": list(_rows(found)),
        **({"What its suite said": suite} if suite else {}),
        "Whether it counts": list(_counts(found)),
        "When its features were online": [_online(found)],
        "Which runs used it": list(_used(found)),
    }


def counting(landing: Landing, batches: Mapping[str, BatchRecord]) -> str | None:
    """The batch of a landing key whose rows count."""

    def validated(batch_id: str) -> bool:
        return batch_id in batches and batches[batch_id].status == "validated"

    held = landing.counting(validated)
    return held.batch_id if held else None


def _landed(found: FileDocuments) -> Iterator[Fact]:
    record, source = found.record, found.record.source
    version = f", version {source.version_id}" if source.version_id else ""
    key = _key(record)
    yield Fact(
        f"{source.key}{version}, {source.size:,} bytes, landed {moment(source.landed_at)}", key
    )
    yield Fact(
        f"it was taken in {moment(record.received_at)} as batch {record.batch_id} of "
        f"{record.dataset}",
        key,
    )
    for landing_key, landing in found.landings.items():
        held = any(one.batch_id == record.batch_id for one in landing.held)
        if held and landing_key != source.key:
            document = state_keys.landing(record.dataset, landing_key).text
            yield Fact(f"the same content landed at {landing_key}", document)


def _rows(found: FileDocuments) -> Iterator[Fact]:
    record = found.record
    key = _key(record)
    if record.status in ("ingesting", "ingested"):
        next_step = {"ingesting": "read", "ingested": "validated"}[record.status]
        yield Fact(f"it is not {next_step} yet: {record.status}", key)
        return
    yield Fact(
        f"{record.status}: {record.rows:,} rows, {record.valid_rows:,} valid, "
        f"{record.quarantined_rows:,} quarantined",
        key,
    )
    if record.labelled_rows is not None:
        yield Fact(f"{record.labelled_rows:,} of its valid rows tell an outcome", key)
    if record.min_time and record.max_time:
        span = f"{moment(record.min_time)} to {moment(record.max_time)}"
        yield Fact(f"its valid rows are of {span}", key)
    if record.status == "rejected":
        yield Fact(
            f"why: {found.rejection or 'its rejection could not be read'}",
            keys.rejection(record.problem, record.dataset, record.batch_id),
        )
    yield from _reasons(found)


def _reasons(found: FileDocuments) -> Iterator[Fact]:
    record, profile = (
        found.record,
        keys.profile(found.record.problem, found.record.dataset, found.record.batch_id),
    )
    if found.broken_rules is None:
        yield Fact("it has no profile, which would say which rules its rows broke")
        return
    if found.untimed_rows:
        yield Fact(
            f"{found.untimed_rows:,} of its valid rows state an outcome and not when it was known: "
            "it counts as unknown; fill in what target.known_at is made of",
            profile,
        )
    worst = sorted(found.broken_rules.items(), key=lambda rule: (-rule[1], rule[0]))
    for rule, rows in worst[:TOP_REASONS]:
        yield Fact(f"quarantined {rows:,}: {rule}", profile)
    if len(worst) > TOP_REASONS:
        yield Fact(f"and {len(worst) - TOP_REASONS} more rules", profile)
    if worst:
        place = keys.quarantine_part(record.problem, record.dataset, record.batch_id, 0)
        folder = place.rpartition("/")[0]
        yield Fact(f"each row with its reasons: {folder}/ in the lake bucket", profile)


def _suite(found: FileDocuments) -> Iterator[Fact]:
    result = found.expectations
    if result is None:
        if found.silent_suite:
            yield found.silent_suite
        return
    folder = keys.of_expectations(result.problem, result.dataset, result.batch_id)
    document = f"{folder}{keys.EXPECTATIONS_RESULT}"
    about = f"its {result.rows:,} valid rows, {moment(result.at)}"
    yield Fact(f"{result.told}, of {about}, by Great Expectations {result.library}", document)
    for line in result.failed[:TOP_REASONS]:
        yield Fact(f"not met: {line}", document)
    if len(result.failed) > TOP_REASONS:
        yield Fact(f"and {len(result.failed) - TOP_REASONS} more", document)
    docs = f"{folder}{keys.DATA_DOCS}"
    told = f"its data docs: {docs} in the artifact bucket, ./ghosteam report data {result.problem}"
    yield Fact(told, docs)


def _counts(found: FileDocuments) -> Iterator[Fact]:
    record, source = found.record, found.record.source
    counts_at = [
        key
        for key, landing in found.landings.items()
        if counting(landing, found.batches) == record.batch_id
    ]
    for key in counts_at:
        document = state_keys.landing(record.dataset, key).text
        yield Fact(f"its rows count: it is what {key} holds", document)
    if counts_at:
        return
    own = found.landings.get(source.key)
    document = state_keys.landing(record.dataset, source.key).text
    if own is None:
        yield Fact(f"nothing is on record of its key {source.key}, so its rows do not count")
        return
    if source.sequencer in own.ignored:
        yield Fact("it came late: a newer version of its key counted already", document)
    other = counting(own, found.batches)
    what = {
        "validated": "it was superseded",
        "rejected": "a rejected file never counts",
    }.get(record.status, "its rows do not count yet")
    if other is None:
        yield Fact(f"{what}; nothing of its key counts now", document)
    else:
        landed = next(one.landed_at for one in own.held if one.batch_id == other)
        yield Fact(f"{what}; batch {other}, landed {moment(landed)}, counts", document)


def _online(found: FileDocuments) -> Fact:
    online, record = found.materialized, found.record
    if online is None:
        return Fact("they are not online")
    key = (state_keys.materialized_batches(record.dataset) / record.batch_id).text
    since = f"since {moment(online.at)}" if online.at else "since when is not on record"
    return Fact(f"they are online, {since}", key)


def _used(found: FileDocuments) -> Iterator[Fact]:
    for run_id in found.used_by:
        yield Fact(f"run {run_id}", keys.plan(found.record.problem, run_id))
    if not found.used_by:
        yield Fact(f"none of the {found.searched} newest runs with a plan")


def _key(record: BatchRecord) -> str:
    return state_keys.batch(record.dataset, record.batch_id).text
