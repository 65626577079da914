"""One MLflow run for one training job."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ghosteam.errors import Transient

# MLflow's own client retries connection errors and 5xx answers; its defaults would keep a job waiting for minutes.
_CLIENT = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "4", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20", "MLFLOW_DISABLE_TELEMETRY": "true"}


def experiment_name(problem: str) -> str:
    """The experiment that holds a problem's runs; its registered model has the same name."""
    return f"ghosteam-{problem}"


class TrackedRun:
    """An MLflow run that is open."""

    def __init__(self, client: Any, run_id: str) -> None:
        self._client, self.run_id = client, run_id

    def log(self, *, params: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        """Record parameters and metrics in one request."""
        from mlflow.entities import Metric, Param

        now = int(time.time() * 1000)
        with _translated():
            self._client.log_batch(
                self.run_id,
                metrics=[Metric(name, value, now, 0) for name, value in metrics.items()],
                params=[Param(name, str(value)) for name, value in params.items()],
            )


@contextmanager
def tracked_run(tracking_uri: str, *, problem: str, name: str, tags: Mapping[str, str]) -> Iterator[TrackedRun]:
    """Open a run, and end it as finished, or as failed when the block raises.

    Raises:
        Transient: the tracking server did not answer after retries.
    """
    for variable, value in _CLIENT.items():
        os.environ.setdefault(variable, value)
    from mlflow.tracking import MlflowClient

    with _translated():
        client = MlflowClient(tracking_uri=tracking_uri)
        run = client.create_run(_experiment(client, experiment_name(problem)), run_name=name, tags=dict(tags))
    status = "FAILED"
    try:
        yield TrackedRun(client, run.info.run_id)
        status = "FINISHED"
    finally:
        with _translated():
            client.set_terminated(run.info.run_id, status)


def _experiment(client: Any, name: str) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name))
        except MlflowException:
            # The families' jobs start together: another one may have made it meanwhile.
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    return str(found.experiment_id)


@contextmanager
def _translated() -> Iterator[None]:
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError) as error:
        raise Transient(
            f"The MLflow tracking server did not do what was asked: {error}",
            remedy="Check that MLFLOW_TRACKING_URI names a server that this role may reach",
        ) from error
