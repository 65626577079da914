from __future__ import annotations

import io
import json
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest

from ghosteam.documents.slot import Slot
from ghosteam.errors import Defect
from ghosteam.learning.archive import digest_of_archive
from ghosteam.learning.families.family import FAMILIES
from ghosteam.learning.package import save_model
from ghosteam.learning.search import encode
from tests import documents
from tests.learning_builders import (
    START,
    encoder_for,
    manifest,
    problem,
    rows,
    write_digests,
)
from training_jobs.evaluate_models import main

HOLDOUT_START = START + timedelta(days=2)
TRAIN, HOLDOUT = rows(3000), rows(600, seed=9, start=HOLDOUT_START)


def package(folder: Path, signal: float) -> bytes:
    """A model package; one that learned from rows without a signal is useless."""
    frame = rows(1500, signal=signal)
    encoder, family = encoder_for(frame), FAMILIES.find("lightgbm")
    save_model(
        folder,
        manifest(encoder),
        family.refit(family.default, encode(frame, encoder, problem(), {}), rounds=30, seed=0),
    )
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.add(folder, ".")
    return buffer.getvalue()


@pytest.fixture
def base(tmp_path: Path, deployed: None) -> Path:
    """The job's inputs, with one good candidate and no champion."""
    inputs = tmp_path / "processing" / "input"
    for name in ("plan", "training_set", "families", "candidates/job-1/output"):
        (inputs / name).mkdir(parents=True)
    lost = {"xgboost": "States.TaskFailed: gt-1: AlgorithmError: exit code 1"}
    families = {"trained": ["lightgbm"], "lost": lost}
    (inputs / "families" / "families.json").write_text(json.dumps(families))
    TRAIN.write_parquet(inputs / "training_set" / "train.parquet")
    HOLDOUT.write_parquet(inputs / "training_set" / "holdout.parquet")
    summary = documents.training_set_summary().to_json()
    (inputs / "training_set" / "summary.json").write_text(json.dumps(summary))
    (inputs / "candidates/job-1/output/model.tar.gz").write_bytes(package(tmp_path / "good", 2.0))
    plan(tmp_path, champion=None)
    write_digests(inputs)
    return tmp_path


def plan(base: Path, *, champion: Slot | None) -> None:
    made = documents.plan("trains", "run-1", holdout_start=HOLDOUT_START, champion=champion)
    path = base / "processing" / "input" / "plan" / "plan.json"
    path.write_text(json.dumps(made.to_json()))


def champion(archive: bytes) -> Slot:
    digest = digest_of_archive(io.BytesIO(archive), name="champion")
    return documents.slot("1", digests={"judged": digest})


def give_champion(base: Path, archive: bytes) -> None:
    folder = base / "processing" / "input" / "champion"
    folder.mkdir(parents=True)
    (folder / "model.tar.gz").write_bytes(archive)


def output(base: Path, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(
        (base / "processing" / "output" / "evaluation" / name).read_text()
    )
    return found


def test_the_first_candidate_is_promoted_and_named_by_its_address(base: Path) -> None:
    main(base, [])
    found = output(base, "evaluation.json")
    assert found["decision"] == "promote"
    assert "xgboost was lost" in found["reasons"][-1]  # type: ignore[index]
    assert found["model_uri"] == "s3://artifacts/runs/trains/run-1/models/job-1/output/model.tar.gz"
    reference = output(base, "reference.json")
    assert set(reference["columns"]) == {"wind", "line"}  # type: ignore[call-overload]
    assert set(reference["importance"]) <= {"wind", "line"}  # type: ignore[call-overload]
    assert sum(reference["importance"].values()) == pytest.approx(1)  # type: ignore[attr-defined]
    assert reference["rows"] == TRAIN.height
    assert set(reference["outputs"]) == {"late"}  # type: ignore[call-overload]
    outcomes = set(reference["outcomes"])  # type: ignore[call-overload]
    assert outcomes == {"outcome late", "calibration late"}
    assert reference["losses"] is None, "outcomes are classes"


@pytest.mark.parametrize(
    "changed",
    ["training_set/train.parquet", "training_set/holdout.parquet", "training_set/summary.json"],
)
def test_a_training_set_that_changed_since_it_was_put_on_record_is_refused(
    base: Path, changed: str
) -> None:
    path = base / "processing" / "input" / changed
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(Defect, match="changed after it was put on record"):
        main(base, [])


def test_a_candidate_that_changed_since_it_was_put_on_record_is_refused(base: Path) -> None:
    archive = base / "processing" / "input" / "candidates/job-1/output/model.tar.gz"
    archive.write_bytes(package(base / "another", 1.0))
    with pytest.raises(Defect, match="not the model that is on record"):
        main(base, [])


def test_a_candidate_that_no_training_job_of_the_run_left_is_refused(base: Path) -> None:
    folder = base / "processing" / "input" / "candidates/job-9/output"
    folder.mkdir(parents=True)
    (folder / "model.tar.gz").write_bytes(package(base / "another", 1.0))
    with pytest.raises(Defect, match=r"no digest on record.*job-9"):
        main(base, [])


def test_the_champion_is_beaten(base: Path) -> None:
    useless = package(base / "useless", 0.0)
    give_champion(base, useless)
    plan(base, champion=champion(useless))
    main(base, [])
    found = output(base, "evaluation.json")
    assert found["decision"] == "promote"
    assert found["comparison"]["better"] is True  # type: ignore[index]


@pytest.mark.parametrize(
    ("stored", "says"),
    [
        (None, "package is gone"),
        (b"no archive", "cannot be loaded"),
        ("manifest", "lacks features"),
        ("another", "not the model that is on record"),
        ("unrecorded", "no digest on record"),
    ],
)
def test_a_champion_that_cannot_be_loaded_asks_a_person(
    base: Path, stored: bytes | str | None, says: str
) -> None:
    old = package(base / "old", 2.0)
    described = champion(old)
    if stored == "manifest":
        stored = without_field(old, "features")
        described = champion(stored)
    elif stored == "another":
        stored = package(base / "another", 1.0)
    elif stored == "unrecorded":
        stored, described = old, documents.slot("1", digests={})
    if stored is not None:
        give_champion(base, stored)
    plan(base, champion=described)
    main(base, [])
    found = output(base, "evaluation.json")
    assert found["decision"] == "promote"
    assert says in found["approval"]  # type: ignore[operator]


def without_field(archive: bytes, field: str) -> bytes:
    """The package as another version of this project would have written it."""
    buffer = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as old,
        tarfile.open(fileobj=buffer, mode="w:gz") as new,
    ):
        for member in old.getmembers():
            content = old.extractfile(member)
            data = content.read() if content else b""
            if member.name.endswith("model.json"):
                data = json.dumps(
                    {k: v for k, v in json.loads(data).items() if k != field}
                ).encode()
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    return buffer.getvalue()
