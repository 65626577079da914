"""The MLflow model registry: versions of one problem's model, and the aliases candidate, champion
and previous.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING

from ghosteam.aws.mlflow_version import client_mismatch
from ghosteam.errors import Conflict, Defect, GhosteamError, InvalidInput, NotFound, Transient

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

CANDIDATE = "candidate"
CHAMPION = "champion"
PREVIOUS = "previous"
RUN_TAG = "run_id"

_CODES: dict[str, type[GhosteamError]] = {
    "RESOURCE_DOES_NOT_EXIST": NotFound,
    "RESOURCE_ALREADY_EXISTS": Conflict,
    "TEMPORARILY_UNAVAILABLE": Transient,
    "REQUEST_LIMIT_EXCEEDED": Transient,
    "INTERNAL_ERROR": Transient,
    "INVALID_PARAMETER_VALUE": Defect,
}
_PLAIN = re.compile(r"[A-Za-z0-9._-]+")
_NO_KEY = re.compile(r"[^\w.\- ]")
"""What MLflow takes in no metric's name; a column may be called "price ($)"."""
_LONGEST_KEY = 250


def model_name(problem: str) -> str:
    """The registered model's name for a problem."""
    return f"ghosteam-{problem}"


class ModelRegistry:
    """The registry at ``tracking_uri``: an http(s) address, or the ARN of a managed MLflow app
    (through sagemaker-mlflow).
    """

    def __init__(self, tracking_uri: str) -> None:
        self._tracking_uri = tracking_uri

    @cached_property
    def _client(self) -> MlflowClient:
        # Importing mlflow takes over a second: only the first call that needs the registry pays for
        # it.
        import mlflow
        from mlflow import MlflowClient

        # sagemaker-mlflow signs requests for the global tracking URI, whatever a client was given.
        mlflow.set_tracking_uri(self._tracking_uri)
        return MlflowClient(tracking_uri=self._tracking_uri, registry_uri=self._tracking_uri)

    def mismatch(self) -> str | None:
        """Why the installed client does not suit this server, or None: it does, or the server does
        not say its version.
        """
        with _translated("Asking the server's version"), suppress(OSError):
            return client_mismatch(self._client)
        return None

    def ensure_model(self, name: str) -> None:
        """Make the registered model unless there is one."""
        try:
            with _translated("Creating a registered model", model=name):
                self._client.create_registered_model(name)
        except Conflict:
            return

    def create_version(
        self, name: str, source: str, run_id: str | None, tags: Mapping[str, str]
    ) -> str:
        """Register ``source`` (URI of an MLflow model's folder) as a version made by the MLflow run
        ``run_id``; returns the version.

        ``tags`` must hold ``run_id``, the retraining run: asked again for the same one, the version
        that exists is returned.

        Raises:
            InvalidInput: the tag is missing, or is not made of letters, digits, ``.``, ``_`` and
                ``-``.
            NotFound: there is no such registered model.
        """
        run = tags.get(RUN_TAG, "")
        if not _PLAIN.fullmatch(run):
            raise InvalidInput(
                f"The tag {RUN_TAG!r} is {run!r}",
                where={"model": name},
                remedy="Give the retraining run's id: it makes registering idempotent",
            )
        with _translated("Registering a model version", model=name, run_id=run):
            # Filtered here: every registry store supports the filter by name, not all of them the
            # filter by tag.
            found = [v for v in self._versions(name) if v.tags.get(RUN_TAG) == run]
            if found:
                return str(min(found, key=lambda version: int(version.version)).version)
            created = self._client.create_model_version(
                name, source, run_id=run_id, tags=dict(tags), await_creation_for=0
            )
            return str(created.version)

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Point ``alias`` at ``version``; repeating it changes nothing. Raises NotFound."""
        with _translated("Setting an alias", model=name, alias=alias, version=version):
            self._client.set_registered_model_alias(name, alias, version)

    def delete_alias(self, name: str, alias: str) -> None:
        """Remove ``alias`` if there is one."""
        with _translated("Removing an alias", model=name, alias=alias):
            self._client.delete_registered_model_alias(name, alias)

    def alias_version(self, name: str, alias: str) -> str | None:
        """The version that ``alias`` points at, or None."""
        with _translated("Reading a registered model", model=name):
            version = dict(self._client.get_registered_model(name).aliases).get(alias)
        return None if version is None else str(version)

    def set_version_tag(self, name: str, version: str, key: str, value: str) -> None:
        """Set a tag of a version. Raises NotFound."""
        with _translated("Tagging a model version", model=name, version=version):
            self._client.set_model_version_tag(name, version, key, value)

    @property
    def client_version(self) -> str:
        """Version of the installed client."""
        from mlflow.version import VERSION

        return str(VERSION)

    def log_evaluation(
        self, run_id: str, metrics: Mapping[str, float], tags: Mapping[str, str]
    ) -> None:
        """Record ``metrics``, stamped now, and ``tags`` on the MLflow run ``run_id``; what MLflow
        takes in no name is ``_`` there. Raises NotFound.
        """
        from mlflow.entities import Metric, RunTag

        now = int(time.time() * 1000)
        with _translated("Logging an evaluation", mlflow_run=run_id):
            self._client.log_batch(
                run_id,
                metrics=[
                    Metric(_NO_KEY.sub("_", name)[:_LONGEST_KEY], float(value), now, 0)
                    for name, value in metrics.items()
                ],
                tags=[RunTag(name, value) for name, value in tags.items()],
            )

    def _versions(self, name: str) -> Iterator[ModelVersion]:
        token = None
        while True:
            page = self._client.search_model_versions(
                f"name='{name}'", max_results=200, page_token=token
            )
            yield from page
            token = page.token
            if not token:
                return


@contextmanager
def _translated(action: str, **where: object) -> Iterator[None]:
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        family = _CODES.get(error.error_code, Defect)
        raise family(
            f"{action} failed: {error.message}",
            where=where,
            remedy="Look at the MLflow server's log",
        ) from error
