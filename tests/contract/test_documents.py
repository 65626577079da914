"""What is stored is a document: a file of ``documents/`` that is called as what it holds."""

from __future__ import annotations

import ast
import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from cli.reference.stored import kinds
from ghosteam.documents import state_keys
from ghosteam.documents.state_keys import FORMS, Key
from ghosteam.documents.stored import Stored

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "layers" / "core" / "python" / "ghosteam"
DOCUMENTS = LIBRARY / "documents"
SHIPPED = (LIBRARY, ROOT / "functions", ROOT / "training_jobs")
PAGE = ROOT / "docs" / "architecture.md"
HOLD_NONE = {
    **dict.fromkeys(("keys", "state_keys"), "where documents lie"),
    **dict.fromkeys(("stored", "upgrades"), "what all have in common"),
    **dict.fromkeys(("older_references", "older_verdicts"), "steps of upgrades.py"),
    **dict.fromkeys(("agreement", "file_dialect", "parity", "slot"), "parts of documents"),
    **dict.fromkeys(("event", "batch_events", "requests", "work"), "what is told and not kept"),
    "manifest": "of a package, which is whole or is none: another format is refused",
    "__init__": "the folder",
}
"""Files without a document, and what they are for."""
NUMBERS = {"version", "schema_version", "format"}
"""What a form's number is called."""


def documents_of(source: str) -> list[str]:
    """The stored documents of a module: classes that say their ``kind``. Their parts, which say
    none, may stand beside them.
    """
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    return [
        one.name
        for one in classes
        for field in one.body
        if isinstance(field, ast.AnnAssign) and ast.unparse(field.target) == "kind" and field.value
    ]


def misnamed(name: str, source: str) -> str | None:
    """What is wrong with a file of ``documents/``: it holds a document, one, and is called as it
    is. A record may be called by what it is a record of.
    """
    stem, found = name.removesuffix(".py"), documents_of(source)
    wanted = stem.title().replace("_", "")
    if not found and stem in HOLD_NONE:
        return None
    if stem in HOLD_NONE or found not in ([wanted], [f"{wanted}Record"]):
        return f"{name} holds {', '.join(found) or 'no document'}: make it hold {wanted} alone"
    return None


def called(form: type[Stored]) -> str:
    """What a document is called, by its class."""
    words = re.findall("[A-Z][a-z]*", form.__name__.removesuffix("Record"))
    return " ".join(words).lower()


def keys_called_otherwise(module: Mapping[str, object]) -> Iterator[str]:
    """Which names of keys do not end in what stands there, be it one or many."""
    for name, value in module.items():
        form = value.form if isinstance(value, Key) else _form_of(value)
        if form and not _singular(name.replace("_", " ")).endswith(_singular(form.kind)):
            yield f"{name} is the key of a document of kind {form.kind}: call it so"


def _form_of(value: object) -> type[Stored] | None:
    """Of what document a function makes the key."""
    told = typing.get_type_hints(value).get("return") if inspect.isfunction(value) else None
    form = next(iter(typing.get_args(told)), None)
    return form if inspect.isclass(form) and issubclass(form, Stored) else None


def _singular(words: str) -> str:
    """``words`` without what makes them many, which need not be a word any more."""
    return " ".join(word.removesuffix("s").removesuffix("e") for word in words.lower().split())


def stored_outside(name: str, source: str) -> Iterator[str]:
    """Where a module has a form with a number of its own."""
    for node in ast.walk(ast.parse(source)):
        if _has_a_number(node) or (isinstance(node, ast.ClassDef) and "Stored" in _bases(node)):
            yield f"{name}:{node.lineno} is stored: make it a document, in documents/"


def _has_a_number(node: ast.AST) -> bool:
    if isinstance(node, ast.Dict):
        # A number, or a constant's name: what else is called version is a model's.
        return any(
            isinstance(key, ast.Constant)
            and key.value in NUMBERS
            and (ast.unparse(value).isdigit() or ast.unparse(value).isupper())
            for key, value in zip(node.keys, node.values, strict=True)
        )
    if not isinstance(node, ast.ClassDef):
        return False
    fields = {
        ast.unparse(one.target): ast.unparse(one.annotation)
        for one in node.body
        if isinstance(one, ast.AnnAssign)
    }
    methods = {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
    numbered = {of for of, kind in fields.items() if of in NUMBERS and kind != "str"}
    return bool(numbered) and ("to_json" in methods or "TypedDict" in _bases(node))


def _bases(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).rpartition(".")[2] for base in node.bases}


def test_a_file_of_documents_holds_one_and_is_called_as_it_is() -> None:
    found = {path.name: path.read_text("utf-8") for path in DOCUMENTS.glob("*.py")}
    assert {f"{name}.py" for name in HOLD_NONE} <= found.keys()
    assert [told for name, source in found.items() if (told := misnamed(name, source))] == []


def test_a_document_says_of_itself_what_its_class_is_called() -> None:
    assert [form.kind for form in kinds()] == [called(form) for form in kinds()]


def test_a_key_is_called_as_what_stands_there() -> None:
    assert list(keys_called_otherwise(vars(state_keys))) == []
    run = state_keys.RUNS
    assert list(keys_called_otherwise({"RUN": run, "LAST_RUNS": run})) == []
    (told,) = keys_called_otherwise({"ENDED": run})
    assert told == "ENDED is the key of a document of kind run: call it so"
    (told,) = keys_called_otherwise({"landed": state_keys.landing})
    assert told == "landed is the key of a document of kind landing: call it so"


def test_what_is_stored_stands_in_documents() -> None:
    paths = [path for folder in SHIPPED for path in sorted(folder.rglob("*.py"))]
    assert len(paths) > 400
    outside = [path for path in paths if DOCUMENTS not in path.parents]
    found = (
        told
        for path in outside
        for told in stored_outside(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
    )
    assert list(found) == []


@pytest.mark.parametrize("form", kinds(), ids=lambda form: form.kind)
def test_the_page_of_the_architecture_says_where_a_document_lies(form: type[Stored]) -> None:
    """By its key in the table of state, or by a link to what it holds."""
    page = PAGE.read_text("utf-8")
    keys = [key for key, known in FORMS.items() if known is form]
    named = [f"`{key}" in page for key in keys] or [f"(documents.md#{anchor(form)})" in page]
    assert all(named), f"{form.kind}: write into architecture.md where it lies"


def anchor(form: type[Stored]) -> str:
    return form.kind.replace(" ", "-")


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("class Plan(Stored):\n    kind: ClassVar[str] = 'plan'", None),
        ("class PlanRecord(Stored):\n    kind: ClassVar[str] = 'plan'", None),
        ("class Planned(Stored):\n    kind: ClassVar[str] = 'plan'", "plan.py holds Planned"),
        ("class Part: ...", "plan.py holds no document"),
        (
            "class Plan(Stored):\n    kind: str = 'a'\nclass B(Stored):\n    kind: str = 'b'",
            "plan.py holds Plan, B",
        ),
    ],
)
def test_a_file_that_is_called_otherwise_is_found(source: str, told: str | None) -> None:
    found = misnamed("plan.py", source)
    assert found is None if told is None else found is not None and found.startswith(told)


@pytest.mark.parametrize(
    "source",
    [
        "class Summary(TypedDict):\n    version: int\n    rows: int",
        "class Summary(typing.TypedDict):\n    schema_version: int",
        "class Summary(Stored):\n    rows: int",
        "class Summary:\n    version: int\n    def to_json(self): ...",
        "found = {'version': 1, 'rows': 2}",
        "found = {'version': VERSION, 'rows': 2}",
    ],
)
def test_what_is_stored_elsewhere_is_found(source: str) -> None:
    (told,) = stored_outside("data/rows.py", source)
    assert told == "data/rows.py:1 is stored: make it a document, in documents/"


@pytest.mark.parametrize(
    "source",
    [
        "class OfVersion(TypedDict):\n    version: str",
        "class Seen:\n    version: int",
        "told = {'version': champion.version}",
    ],
)
def test_what_has_a_models_version_is_let_be(source: str) -> None:
    assert list(stored_outside("data/rows.py", source)) == []
