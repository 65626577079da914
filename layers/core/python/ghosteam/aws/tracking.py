"""One MLflow run for one training job. MLflow records and never decides: nothing that it does, or
fails to do, may cost a model. What went wrong is kept as ``trouble``, for the model's manifest.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ghosteam.aws.mlflow_version import client_mismatch

if TYPE_CHECKING:
    from mlflow import MlflowClient

# MLflow's own client retries connection errors and 5xx answers; its defaults would keep a job
# waiting for minutes.
_CLIENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "4",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
_LONGEST = 300
_KIND = {"mlflow.experimentKind": "custom_model_development"}
"""MLflow's pages then show runs and models, and no traces of language models."""


def experiment_name(problem: str) -> str:
    """The experiment that holds a problem's runs; its registered model has the same name."""
    return f"ghosteam-{problem}"


class TrackedRun:
    """An MLflow run that is open, or none: then ``run_id`` is None and ``trouble`` says why."""

    def __init__(self) -> None:
        self.run_id: str | None = None
        self.trouble: str | None = None
        self._client: MlflowClient | None = None

    def begin(self, tracking_uri: str, *, problem: str, name: str, tags: Mapping[str, str]) -> None:
        """Open the run, in the problem's experiment; one that somebody deleted is restored."""
        with self._noting("Beginning the MLflow run"):
            from mlflow.tracking import MlflowClient

            client = MlflowClient(tracking_uri=tracking_uri)
            experiment = _experiment(client, experiment_name(problem))
            run = client.create_run(experiment, run_name=name, tags=dict(tags))
            self._client, self.run_id = client, str(run.info.run_id)
        if self._client is not None:
            # A server that does not say its version is no trouble of the run.
            with suppress(Exception):
                if found := client_mismatch(self._client):
                    self._note(found)

    def log(self, *, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
        """Record parameters and metrics in one request."""
        if self._client is None:
            return
        with self._noting("Logging to the MLflow run"):
            from mlflow.entities import Metric, Param

            now = int(time.time() * 1000)
            self._client.log_batch(
                self.run_id,
                metrics=[Metric(name, value, now, 0) for name, value in metrics.items()],
                params=[Param(name, str(value)) for name, value in params.items()],
            )

    def end(self, status: str) -> None:
        """End the run as ``FINISHED`` or ``FAILED``; it may be said again."""
        if self._client is not None:
            with self._noting("Ending the MLflow run"):
                self._client.set_terminated(self.run_id, status)

    @contextmanager
    def _noting(self, action: str) -> Iterator[None]:
        try:
            yield
        # Whatever a client, a plugin or a signer raises: hours of training are worth more.
        except Exception as error:
            self._note(f"{action} failed: {type(error).__name__}: {error}")

    def _note(self, text: str) -> None:
        print(f"tracking: {text}", flush=True)
        self.trouble = self.trouble or text[:_LONGEST]


@contextmanager
def tracked_run(
    tracking_uri: str, *, problem: str, name: str, tags: Mapping[str, str]
) -> Iterator[TrackedRun]:
    """A run for the block, failed when the block raises. The block ends it, once all is logged,
    with ``end("FINISHED")``, before it writes ``run.trouble`` down.
    """
    for variable, value in _CLIENT.items():
        os.environ.setdefault(variable, value)
    run = TrackedRun()
    run.begin(tracking_uri, problem=problem, name=name, tags=tags)
    try:
        yield run
    except BaseException:
        run.end("FAILED")
        raise


def _experiment(client: MlflowClient, name: str) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, tags=_KIND))
        except MlflowException:
            # The families' jobs start together: another one may have made it meanwhile.
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        print(f"tracking: the experiment {name!r} was deleted and is restored", flush=True)
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)
