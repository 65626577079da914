"""Where things lie: keys in the buckets, and those keys of the state table that more than one part
reads.

An output's key follows from a batch id or a run id, so repeating a step overwrites equals.
"""

from __future__ import annotations

from datetime import datetime

RAW, VALIDATED, QUARANTINE = "raw/", "validated/", "quarantine/"
PROFILES, HANDOVER, SCORING = "profiles/", "handover/", "scoring/"
"""Prefixes in the lake, of batches and of batch scoring."""
RUNS, DEFINITIONS, REPORTS = "runs/", "definitions/", "reports/"
FEAST, MLFLOW, ATHENA = "feast/", "mlflow/", "athena/"
"""Prefixes in the artifact bucket: what runs make, what problems were when something was made by
them, reports, what Feast and MLflow read, and what queries of Athena found.
"""


def parse_uri(uri: str) -> tuple[str, str]:
    """``s3://bucket/key`` to ``(bucket, key)``."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def landing_target(key: str) -> tuple[str, str] | None:
    """``(problem, dataset)`` of a landing key ``<problem>/<dataset>/<file…>``, or None when the key
    has another form.
    """
    parts = key.split("/")
    return (parts[0], parts[1]) if len(parts) >= 3 and all(parts) else None


def landed(problem: str, dataset: str, name: str) -> str:
    """The landing key of a file, or the prefix of those whose names begin so."""
    return f"{problem}/{dataset}/{name}"


def landed_from(problem: str, dataset: str, source: str) -> str:
    """Prefix of the landing keys of what a source brought."""
    return landed(problem, dataset, f"source-{source}-")


def raw(problem: str, dataset: str, batch_id: str) -> str:
    """Prefix of a batch as it was read."""
    return f"{RAW}{problem}/{dataset}/{batch_id}/"


def raw_part(problem: str, dataset: str, batch_id: str, part: int) -> str:
    """Typed Parquet as it was read, before the contract is applied."""
    return f"{raw(problem, dataset, batch_id)}part-{part:05d}.parquet"


def validated(problem: str, dataset: str) -> str:
    """Prefix of all rows of a data set that satisfy the contract, a folder a batch."""
    return f"{VALIDATED}{problem}/{dataset}/"


def validated_part(problem: str, dataset: str, batch_id: str, part: int, revision: str = "") -> str:
    """Rows that satisfy the contract, as the revision of the batch has them."""
    folder = f"{batch_id}/{revision}" if revision else batch_id
    return f"{validated(problem, dataset)}{folder}/part-{part:05d}.parquet"


def batch_of_part(key: str) -> str:
    """``<data set>/<batch id>`` of a validated part."""
    return "/".join(key.split("/")[2:4])


def quarantine(problem: str, dataset: str = "", batch_id: str = "") -> str:
    """Prefix of what was refused of a problem, of a data set of it, or of a batch."""
    return f"{QUARANTINE}{problem}/{dataset and dataset + '/'}{batch_id and batch_id + '/'}"


def quarantine_part(problem: str, dataset: str, batch_id: str, part: int) -> str:
    """Rows that break the contract, each with its reasons (JSON lines)."""
    return f"{quarantine(problem, dataset, batch_id)}part-{part:05d}.jsonl"


def rejection(problem: str, dataset: str, batch_id: str) -> str:
    """Why a whole batch was refused (JSON)."""
    return f"{quarantine(problem, dataset, batch_id)}rejection.json"


def ignored(problem: str, dataset: str, identity: str) -> str:
    """Why a file was passed over, and which (JSON)."""
    return f"{quarantine(problem, dataset, identity)}ignored.json"


def profile(problem: str, dataset: str, batch_id: str) -> str:
    """Profile and quality metrics of a batch (JSON)."""
    return f"{PROFILES}{problem}/{dataset}/{batch_id}.json"


def handover(problem: str, dataset: str, batch_id: str, step: str) -> str:
    """Folder of the event that a job works on, because its work is too large for a function (no
    trailing slash).
    """
    return f"{HANDOVER}{problem}/{dataset}/{batch_id}/{step}"


def run_prefix(problem: str, run_id: str) -> str:
    """Everything one retraining run makes, in the artifact bucket (no trailing slash)."""
    return f"{RUNS}{problem}/{run_id}"


def plan(problem: str, run_id: str) -> str:
    """The run's plan: windows, input parts, champion (JSON)."""
    return f"{run_prefix(problem, run_id)}/plan.json"


def definition(problem: str, digest: str) -> str:
    """A definition of the problem, by its content, in the artifact bucket (JSON)."""
    return f"{DEFINITIONS}{problem}/{digest}.json"


def training_set(problem: str, run_id: str) -> str:
    """Prefix of the training set's files."""
    return f"{run_prefix(problem, run_id)}/training_set"


TRAINING_SET_FILES = ("train.parquet", "holdout.parquet", "summary.json")
SINCE = "since.parquet"
"""Rows before the hold-out whose outcome came only after it had begun: a model that is fitted again
learns from them too.
"""
CHAMPION_FEATURES = "champion.parquet"
"""The hold-out's features as the champion learned them, where that is otherwise than the run."""


def training_rows(problem: str, run_id: str) -> str:
    """What the run's models learned from (Parquet)."""
    return f"{training_set(problem, run_id)}/{TRAINING_SET_FILES[0]}"


def models(problem: str, run_id: str) -> str:
    """Prefix below which each training job leaves ``<job>/output/model.tar.gz``."""
    return f"{run_prefix(problem, run_id)}/models"


def refitted(problem: str, run_id: str) -> str:
    """Prefix below which the job that fits the chosen model again leaves it, in the artifact
    bucket.
    """
    return f"{run_prefix(problem, run_id)}/refitted"


def feast_sources(problem: str) -> str:
    """Folder of the rows that Feast and Athena read, in the artifact bucket (no trailing slash)."""
    return f"{FEAST}{problem}/sources"


def rows_of_view(sources: str, view: str) -> str:
    """A view's rows below the folder of all: Athena's table is the folder that they are alone
    in.
    """
    return f"{sources}/{view}/rows.parquet"


def feast_registry(problem: str) -> str:
    """Feast's registry of a problem's views, in the artifact bucket."""
    return f"{FEAST}{problem}/registry.db"


def mlflow_model(problem: str, run_id: str) -> str:
    """Folder of a run's model as MLflow reads it, in the artifact bucket."""
    return f"{run_prefix(problem, run_id)}/mlflow_model"


def families(problem: str, run_id: str) -> str:
    """What became of each family's training job (JSON)."""
    return f"{run_prefix(problem, run_id)}/families.json"


def digests(problem: str, run_id: str) -> str:
    """Digests of what the run's jobs left (JSON), which jobs read and only functions write."""
    return f"{run_prefix(problem, run_id)}/digests.json"


def evaluation(problem: str, run_id: str) -> str:
    """Measurements, gates and decision of a run (JSON)."""
    return f"{run_prefix(problem, run_id)}/evaluation/evaluation.json"


def reference(problem: str, run_id: str) -> str:
    """Reference profile of the run's chosen model: what drift is measured against (JSON)."""
    return f"{run_prefix(problem, run_id)}/evaluation/reference.json"


def scoring_input(problem: str, name: str) -> str:
    """Folder, in the lake, of the one file that the batch scoring ``name`` is about (no trailing
    slash).
    """
    return f"{SCORING}{problem}/{name}/input"


SCORING_BATCH = "batch.json"
"""Name of that file when it holds no rows but ``{"batch_id": …}``: a validated batch of events."""


def scoring_output(problem: str, name: str) -> str:
    """Folder of ``predictions.parquet``, ``manifest.json`` and, if there are any, ``refused.jsonl``
    (no trailing slash).
    """
    return f"{SCORING}{problem}/{name}/output"


PREDICTIONS = "predictions/"
"""Prefix of the prediction log as it is read: Parquet by problem and date of the event (UTC)."""
FAILED_CALLS = "prediction-calls/"
"""Prefix of the calls that failed: Parquet by problem and the date on which they were made."""
DELIVERED = "prediction-log-raw/"
"""Prefix of what Firehose delivered and nobody has compacted yet: gzip JSON lines, by the time of
arrival, ``YYYY/MM/DD/HH/``.
"""
UNDELIVERED = "prediction-log-failed/"
"""Prefix of what Firehose could not work on, each record with its reason."""
DELIVERED_BEFORE = f"{PREDICTIONS}2"
"""How keys of delivered objects began when they had no prefix of their own: with the year."""
DAMAGED = "prediction-log-damaged/"
"""Prefix of what was no record of the log (JSON lines), and of objects that could not be read."""


def predictions(problem: str) -> str:
    """Prefix of a problem's log, a folder a date."""
    return f"{PREDICTIONS}{problem}/"


def of_date(prefix: str, date: str) -> str:
    """Prefix of what a log has of a date."""
    return f"{prefix}date={date}/"


def predictions_of(problem: str, date: str, group: str = "") -> str:
    """What a group of delivered objects held of the events of a date (``YYYY-MM-DD``), or the
    prefix of what all groups held.
    """
    return f"{of_date(predictions(problem), date)}{group and group + '.parquet'}"


def failed_calls(problem: str) -> str:
    """Prefix of a problem's failed calls, a folder a date."""
    return f"{FAILED_CALLS}{problem}/"


def failed_calls_of(problem: str, date: str, group: str = "") -> str:
    """The failed calls that a group of delivered objects held, by the date on which they were
    made; or the prefix of those that all groups held.
    """
    return f"{of_date(failed_calls(problem), date)}{group and group + '.parquet'}"


def damaged_records(group: str) -> str:
    """What a group of delivered objects held that was no record (JSON lines)."""
    return f"{DAMAGED}{group}.jsonl"


def damaged_object(key: str) -> str:
    """Where a delivered object is kept that could not be read at all."""
    return f"{DAMAGED}objects/{key}"


def reports(problem: str) -> str:
    """Prefix of a problem's reports, in the artifact bucket."""
    return f"{REPORTS}{problem}/"


def window_id(end: datetime) -> str:
    """What a window is called in keys; ``end`` is aware, in UTC."""
    return f"{end:%Y%m%dT%H%M%SZ}"


def drift_report(problem: str, window_id: str) -> str:
    """Prefix of the HTML drift report of a window, in the artifact bucket."""
    return f"{reports(problem)}drift/{window_id}"


def of_expectations(problem: str, dataset: str = "", batch_id: str = "") -> str:
    """Prefix, in the artifact bucket, of what suites of Great Expectations said of a problem's
    batches, of those of a data set, or of one.
    """
    below = "".join(f"{part}/" for part in (dataset, batch_id) if part)
    return f"{reports(problem)}expectations/{below}"


EXPECTATIONS_RESULT, DATA_DOCS = "result.json", "data_docs.html"
"""Names of the files below the prefix of a batch."""
