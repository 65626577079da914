"""The model that passed is fitted again on the hold-out's rows too, and says on what."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from ghosteam.documents import keys
from ghosteam.documents.digests import Digests
from ghosteam.errors import Defect
from ghosteam.learning.archive import digest_of_archive
from ghosteam.learning.families.family import FAMILIES
from ghosteam.learning.package import load_model, save_model
from ghosteam.learning.search import encode
from tests import documents
from tests.learning_builders import START, encoder_for, manifest, problem, rows, write_digests
from training_jobs.refit import main

HOLDOUT_START = START + timedelta(days=2)
TRAIN = rows(1000)
HOLDOUT = rows(400, seed=9, start=HOLDOUT_START).with_columns(
    line=pl.when(pl.col("line") == "red").then(pl.lit("amber")).otherwise(pl.col("line"))
)
CANDIDATE = f"{keys.models('trains', 'run-1')}/job/output/model.tar.gz"


@pytest.fixture
def base(tmp_path: Path, deployed: None) -> Path:
    data = tmp_path / "input" / "data"
    for name in ("training", "candidate", "plan"):
        (data / name).mkdir(parents=True)
    (tmp_path / "input" / "config").mkdir()
    asked = {"job": "refit", "candidate": CANDIDATE}
    (tmp_path / "input" / "config" / "hyperparameters.json").write_text(json.dumps(asked))
    TRAIN.write_parquet(data / "training" / "train.parquet")
    HOLDOUT.write_parquet(data / "training" / "holdout.parquet")
    end = HOLDOUT_START + timedelta(hours=7)
    plan = documents.plan("trains", "run-1", holdout_end=end)
    (data / "plan" / "plan.json").write_text(json.dumps(plan.to_json()))
    encoder, family = encoder_for(TRAIN), FAMILIES.find("lightgbm")
    model = family.refit(family.default, encode(TRAIN, encoder, problem(), {}), rounds=12, seed=0)
    save_model(tmp_path / "judged", manifest(encoder, params=family.default, rounds=12), model)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.add(tmp_path / "judged", ".")
    (data / "candidate" / "model.tar.gz").write_bytes(buffer.getvalue())
    write_digests(data)
    put_on_record(
        data, CANDIDATE, digest_of_archive(io.BytesIO(buffer.getvalue()), name="candidate")
    )
    return tmp_path


def put_on_record(data: Path, key: str, digest: str) -> None:
    path = data / "digests" / "digests.json"
    known = Digests.from_json(json.loads(path.read_text())).by_key
    path.write_text(json.dumps(Digests({**known, key: digest}).to_json()))


def since() -> pl.DataFrame:
    """Rows of the days before the hold-out, of a line that nobody else has."""
    found = rows(100, seed=7, start=HOLDOUT_START - timedelta(days=1))
    return found.with_columns(line=pl.lit("violet"))


def on_record(base: Path, name: str) -> None:
    """Of the training set."""
    data = base / "input" / "data"
    digest = hashlib.sha256((data / "training" / name).read_bytes()).hexdigest()
    put_on_record(data, f"{keys.training_set('trains', 'run-1')}/{name}", digest)


def test_the_newest_rows_are_learned_from_with_what_was_judged(base: Path) -> None:
    main(base, [])
    judged, again = load_model(base / "judged").manifest, load_model(base / "model").manifest
    assert (again.params, again.rounds, again.family) == (judged.params, 12, "lightgbm")
    assert again.rows == 1400
    assert again.train_end == (HOLDOUT_START + timedelta(hours=7)).isoformat()
    assert again.judged == {"package": CANDIDATE, "train_end": judged.train_end}
    assert "amber" in again.categories["line"], "a category that only the newest rows have"
    assert "amber" not in judged.categories["line"]


def test_rows_whose_outcome_came_since_are_learned_from_too(base: Path) -> None:
    since().write_parquet(base / "input" / "data" / "training" / keys.SINCE)
    main(base, [])
    assert load_model(base / "model").manifest.rows == 1400, "nobody has put them on record"
    on_record(base, keys.SINCE)
    main(base, [])
    again = load_model(base / "model").manifest
    assert again.rows == 1500 and "violet" in again.categories["line"]
    rows(100, seed=2).write_parquet(base / "input" / "data" / "training" / keys.SINCE)
    with pytest.raises(Defect, match="on record"):
        main(base, [])


@pytest.mark.parametrize("changed", ["training/holdout.parquet", "candidate/model.tar.gz"])
def test_what_is_not_on_record_is_not_fitted(base: Path, changed: str) -> None:
    path = base / "input" / "data" / changed
    if changed.endswith(".parquet"):
        rows(400, seed=1).write_parquet(path)
    else:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            tar.add(base / "judged" / "model.txt", "model.txt")
            member = tarfile.TarInfo("model.json")
            member.size = 2
            tar.addfile(member, io.BytesIO(b"{}"))
        path.write_bytes(buffer.getvalue())
    with pytest.raises(Defect, match=r"on record|is not"):
        main(base, [])
