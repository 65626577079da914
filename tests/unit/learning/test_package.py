from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ghosteam.errors import Defect, InvalidInput
from ghosteam.learning.archive import MANIFEST, digest_of_archive, unpack
from ghosteam.learning.families.family import FAMILIES
from ghosteam.learning.package import load_model, save_model
from ghosteam.learning.search import encode
from tests.learning_builders import encoder_for, manifest, problem, rows

FRAME = rows(600)


def save(folder: Path, family: str = "lightgbm") -> None:
    encoder, kind = encoder_for(FRAME), FAMILIES.find(family)
    save_model(
        folder,
        manifest(encoder, family=family),
        kind.refit(kind.default, encode(FRAME, encoder, problem(), {}), rounds=20, seed=0),
    )


@pytest.mark.parametrize("family", FAMILIES.names)
def test_a_package_predicts_the_same_from_rows_as_from_a_frame(family: str, tmp_path: Path) -> None:
    save(tmp_path, family)
    loaded = load_model(tmp_path)
    some = FRAME.head(30)
    by_row = loaded.predict(some.select("line", "wind").to_dicts())
    np.testing.assert_allclose(by_row, loaded.predict_frame(some), rtol=1e-9)
    assert loaded.manifest == manifest(encoder_for(FRAME), family=family)
    assert loaded.predict([]).shape == (0, 1)


def test_a_bad_field_is_the_callers_fault(tmp_path: Path) -> None:
    save(tmp_path)
    with pytest.raises(InvalidInput):
        load_model(tmp_path).predict([{"line": "red"}])


def test_a_changed_model_file_is_never_read(tmp_path: Path) -> None:
    save(tmp_path, "sklearn")
    (tmp_path / "model.skops").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(Defect, match=r"model\.skops is not the file that was saved"):
        load_model(tmp_path)


def test_a_scikit_learn_model_of_another_version_is_refused(tmp_path: Path) -> None:
    save(tmp_path, "sklearn")
    document = json.loads((tmp_path / MANIFEST).read_text())
    document["library"] = {"scikit-learn": "0.1"}
    (tmp_path / MANIFEST).write_text(json.dumps(document))
    with pytest.raises(Defect, match=r"scikit-learn 0\.1 wrote the model"):
        load_model(tmp_path)


def test_a_folder_without_a_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(Defect, match=MANIFEST):
        load_model(tmp_path)


def _tar(path: Path, *members: tuple[str, bytes, bytes | None]) -> Path:
    """An archive of members ``(name, contents, type)``."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content, kind in members:
            info = tarfile.TarInfo(name)
            info.size = len(content) if kind is None else 0
            if kind is not None:
                info.type, info.linkname = kind, content.decode()
            tar.addfile(info, io.BytesIO(content) if kind is None else None)
    return path


@pytest.mark.parametrize(
    "member",
    [
        ("../outside", b"x", None),
        (str(Path(tempfile.gettempdir(), "ghosteam-outside")), b"x", None),
        ("a/../../outside", b"x", None),
        ("link", b"/etc/passwd", tarfile.SYMTYPE),
        ("hard", b"model.json", tarfile.LNKTYPE),
        ("pipe", b"", tarfile.FIFOTYPE),
        ("device", b"", tarfile.CHRTYPE),
    ],
)
def test_an_archive_with_anything_but_plain_files_below_its_folder_is_refused(
    tmp_path: Path, member: tuple[str, bytes, bytes | None]
) -> None:
    archive = _tar(tmp_path / "model.tar.gz", ("good", b"1", None), member)
    with pytest.raises(InvalidInput, match="no plain file below its folder") as caught:
        unpack(archive, tmp_path / "in" / "model")
    assert caught.value.where == {"file": "model.tar.gz", "member": member[0]}
    assert [path.name for path in (tmp_path / "in" / "model").rglob("*")] == ["good"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "model.tar.gz"]


def test_a_link_cannot_lead_a_later_file_outside(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    target = str(tmp_path / "outside").encode()
    archive = _tar(
        tmp_path / "model.tar.gz", ("way", target, tarfile.SYMTYPE), ("way/file", b"x", None)
    )
    with pytest.raises(InvalidInput):
        unpack(archive, tmp_path / "model")
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_a_damaged_archive_is_refused_by_name(tmp_path: Path, damage: bytes | None) -> None:
    archive = _tar(tmp_path / "model.tar.gz", ("good", bytes(range(256)) * 400, None))
    archive.write_bytes(archive.read_bytes()[:-40] if damage is None else damage)
    with pytest.raises(InvalidInput, match="cannot be read") as caught:
        unpack(archive, tmp_path / "model")
    assert caught.value.where == {"file": "model.tar.gz"}


def packed(*members: tuple[str, bytes]) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, body in members:
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    buffer.seek(0)
    return buffer


@pytest.mark.parametrize("name", ["model.json", "./model.json"])
def test_a_package_is_known_by_its_manifest(name: str) -> None:
    archive = packed(("model.txt", b"tree" * 100_000), (name, b"{}"))
    assert digest_of_archive(archive, name="m") == hashlib.sha256(b"{}").hexdigest()


@pytest.mark.parametrize(
    ("archive", "says"),
    [
        (lambda: packed(("model.txt", b"tree")), "holds 0 files model.json"),
        (
            lambda: packed(("model.json", b"{}"), ("./model.json", b"[]")),
            "holds 2 files model.json",
        ),
        (lambda: io.BytesIO(packed(("model.json", b"{}")).getvalue()[:40]), "cannot be read"),
        (lambda: io.BytesIO(b"no archive"), "cannot be read"),
    ],
)
def test_an_archive_that_is_no_package_has_no_digest(archive: Any, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        digest_of_archive(archive(), name="m")


def test_a_manifest_that_is_a_link_is_refused() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        link = tarfile.TarInfo("model.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    buffer.seek(0)
    with pytest.raises(InvalidInput, match="no plain file"):
        digest_of_archive(buffer, name="m")


def test_a_model_is_loaded_only_when_it_is_the_one_on_record(tmp_path: Path) -> None:
    save(tmp_path)
    digest = hashlib.sha256((tmp_path / MANIFEST).read_bytes()).hexdigest()
    load_model(tmp_path, digest=digest)
    with pytest.raises(Defect, match="not the model that is on record"):
        load_model(tmp_path, digest="0" * 64)
