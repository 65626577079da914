"""Documents are read as they were written, in every form that ever was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.reference.stored import kinds
from ghosteam.documents.quarantine_note import QuarantineNote, stretches_of
from ghosteam.documents.run import Run
from ghosteam.documents.stored import FORM, Stored
from ghosteam.documents.upgrades import STEPS
from ghosteam.errors import Defect
from tests import documents
from tests.strategies import documents_of

FORMS = Path(__file__).parent / "forms"
KINDS = kinds()


@pytest.mark.parametrize("form", KINDS, ids=lambda form: form.kind)
def test_a_document_is_read_back_as_it_was_written(form: type[Stored]) -> None:
    @given(documents_of(form))
    def is_the_same(document: Stored) -> None:
        text = json.dumps(document.to_json(), allow_nan=False)
        assert form.from_json(json.loads(text)) == document

    is_the_same()


def _stored() -> Iterator[tuple[type[Stored], int, Path]]:
    for form in KINDS:
        for number in range(1, form.schema_version + 1):
            yield form, number, FORMS / f"{form.kind.replace(' ', '_')}-{number}.json"


@pytest.mark.parametrize(("form", "number", "path"), list(_stored()))
def test_every_form_that_ever_was_is_still_read(
    form: type[Stored], number: int, path: Path
) -> None:
    """A document of each form is kept here. One of a new form is added when ``schema_version``
    grows; those that are here are never changed.
    """
    written = json.loads(path.read_text(encoding="utf-8"))
    assert form.form_of(written) == number
    read = form.from_json(written)
    assert form.from_json(read.to_json()) == read
    if number == form.schema_version:
        again = read.to_json()
        same = {name: again.get(name) for name in written} == written
        assert same, "the form has changed: raise schema_version, add a step"


def test_steps_lead_from_each_form_to_the_next() -> None:
    led = {(step.kind, step.to) for step in STEPS}
    assert len(led) == len(STEPS)
    needed = {(form.kind, number) for form in KINDS for number in range(2, form.schema_version + 1)}
    assert led == needed


def test_an_older_run_knew_its_endpoint_by_another_form() -> None:
    run = documents.run("r1", retire="slot-1").to_json()
    older = {**run, FORM: 1, "retire": {"endpoint_name": "slot-1"}}
    assert Run.from_json(older) == Run.from_json(run)
    assert Run.from_json({**older, "retire": None}).retire is None


def test_a_newer_form_is_refused_with_the_remedy() -> None:
    newer = {**documents.run().to_json(), FORM: 99}
    with pytest.raises(Defect, match="written by a newer release") as caught:
        Run.from_json(newer)
    assert "Deploy the newest release" in caught.value.remedy


def test_what_is_missing_or_of_another_type_is_named() -> None:
    document = documents.routing(documents.slot()).to_json()
    for field, body in (
        ("champion.train_end", {**document["champion"], "train_end": "soon"}),
        ("champion.version", {**document["champion"], "version": None}),
    ):
        with pytest.raises(Defect, match="cannot be read") as caught:
            type(documents.routing()).from_json({**document, "champion": body})
        assert caught.value.where["field"] == field


def test_a_field_of_a_newer_release_is_left_out() -> None:
    document = {**documents.run().to_json(), "from_the_future": 1}
    assert Run.from_json(document) == documents.run()


@given(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)))
def test_a_note_is_about_its_rows_and_no_others(noted: set[int], asked: set[int]) -> None:
    note = QuarantineNote(
        batch_id="b",
        judged_as="",
        decision="discarded",
        rows=stretches_of(noted),
        at=documents.DAY,
        by="",
    )
    assert note.covers(asked) == (asked <= noted)
    assert not stretches_of(range(0, 20_000, 2))
