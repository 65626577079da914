"""A problem's views as plain Feast objects. For training jobs and notebooks: importing Feast takes
seconds.

Online tables come from the infrastructure, and rows from ``materialize_features``; Feast never
creates or writes either here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from feast import (
    Entity,
    FeatureStore,
    FeatureView,
    Field,
    FileSource,
    Project,
    PushSource,
    RepoConfig,
    ValueType,
)
from feast.types import Float64, Int64, String

from ghosteam.documents.keys import rows_of_view
from ghosteam.features.codec import KEY_VERSION
from ghosteam.features.view_columns import view_columns
from ghosteam.features.view_rows import KNOWN_FROM
from ghosteam.features.views import View, feast_project, row_prefix, views_of
from ghosteam.problem.spec import Problem

PREFIX_TAG = "online_prefix"
"""The tag of a view that says what the ids of its online rows begin with."""
_KEYS = {"integer": ValueType.INT64, "string": ValueType.STRING}
_FIELDS = {"integer": Int64, "string": String, "number": Float64}


@dataclass(frozen=True)
class FeastObjects:
    """What stands in the registry. ``views`` have the names and order of ``views_of(problem)``."""

    entities: tuple[Entity, ...]
    views: tuple[FeatureView, ...]


def feast_objects(problem: Problem, source_of: Callable[[str], str]) -> FeastObjects:
    """Entities (one a key column) and feature views; ``source_of(view)`` is the path or URI of the
    view's Parquet rows.

    Views have no TTL: the period in the key already says which row holds at an event's time. A key
    that another view tells is called as that view's feature: it is answered first, and then asked.
    Rows of looked-up data are pushed under their view's name; windows are made of rows alone.
    """
    views = views_of(problem)
    kinds = {key: view_columns(problem, view)[key] for view in views for key in view.join_keys}
    entities = {
        column: Entity(name=column, join_keys=[column], value_type=_KEYS[kind])
        for column, kind in kinds.items()
    }
    return FeastObjects(
        tuple(entities.values()),
        tuple(_view(problem, view, entities, source_of(view.name)) for view in views),
    )


def offline_config(problem: Problem, *, online_prefix: str, registry: Path) -> RepoConfig:
    """Feast's configuration for point-in-time joins over files: a registry file, no online store.

    ``feature_repo/feature_store.yaml`` is the same project with the published registry and the
    online store.
    """
    return RepoConfig(
        project=feast_project(online_prefix, problem.problem),
        provider="local",
        registry=str(registry),
        offline_store={"type": "file"},
        online_store=None,
        entity_key_serialization_version=KEY_VERSION,
    )


def file_store(
    problem: Problem, *, online_prefix: str, registry: Path, folder: str
) -> FeatureStore:
    """A store whose registry file knows the problem's views, with rows at
    ``<folder>/<view>/rows.parquet`` (a path or URI).
    """
    store = FeatureStore(
        config=offline_config(problem, online_prefix=online_prefix, registry=registry)
    )
    register(store, feast_objects(problem, lambda view: rows_of_view(folder, view)))
    return store


def register(store: FeatureStore, objects: FeastObjects) -> None:
    """Write the objects into the store's registry, and touch no infrastructure."""
    project = store.config.project
    store.registry.apply_project(Project(name=project), commit=False)
    for entity in objects.entities:
        store.registry.apply_entity(entity, project, commit=False)
    for view in objects.views:
        for source in filter(None, (view.batch_source, view.stream_source)):
            store.registry.apply_data_source(source, project, commit=False)
        store.registry.apply_feature_view(view, project, commit=False)
    store.registry.commit()


def _view(
    problem: Problem,
    view: View,
    entities: dict[str, Entity],
    source: str,
) -> FeatureView:
    rows = FileSource(name=f"{view.name}_rows", path=source, timestamp_field=KNOWN_FROM)
    return FeatureView(
        name=view.name,
        entities=[entities[key] for key in view.join_keys],
        ttl=timedelta(),
        schema=[
            Field(name=name, dtype=_FIELDS[kind])
            for name, kind in view_columns(problem, view).items()
            if kind != "time"
        ],
        tags={PREFIX_TAG: row_prefix(problem.problem, view.name, view.version)},
        source=rows if view.windows else PushSource(name=view.name, batch_source=rows),
        online=True,
    )
