"""The house in order: a file is short enough to be read at once, and a value says what it is.

Formats and types are for ruff and mypy, and lengths of lines but for those that end in a word to
them; this looks at what they do not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from ghosteam.documents import keys, state_keys
from ghosteam.documents.state_keys import Key

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "layers" / "core" / "python" / "ghosteam"
DOCUMENTS = LIBRARY / "documents"
START = ROOT / "ghosteam"
MOST_LINES = 300
MOST_COLUMNS = 100
PRODUCT = (LIBRARY, *(ROOT / name for name in ("infra", "functions", "training_jobs", "cli")))
LAYOUTS = DOCUMENTS / "keys.py", DOCUMENTS / "state_keys.py"
ALIAS = ("json_object.py", "JsonObject")
"""The one place of ``dict[str, Any]``, by file and name."""
OF_ANYTHING = {
    ("features/views.py", "row"): "a row of anybody's, of which key columns alone are read",
    ("learning/families/family.py", "Params"): "what a library of models takes by name",
}
"""Where ``Mapping[str, Any]`` stays, by file and name, and why."""
MOST_ANY = 201
"""So often the library says ``Any``, and no oftener."""

OTHER_STEPS = dict.fromkeys(("accept_events", "accept_labels"), "accept_rows")
"""Handlers whose step has another name: two routes, one use case."""
WITHOUT_STEP = {"sweep_endpoints"}
"""A custom resource that calls one adapter."""


def imports_of(source: str) -> set[str]:
    """The modules that a source imports from."""
    nodes = ast.walk(ast.parse(source))
    return {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def too_long(name: str, source: str) -> str | None:
    """What to do about a file that has too many lines."""
    lines = source.count("\n")
    if lines <= MOST_LINES:
        return None
    return (
        f"{name} has {lines} lines, more than {MOST_LINES}: find the two things that it is, and "
        "give each a file of its own"
    )


def too_wide(name: str, source: str) -> Iterator[str]:
    """Which lines of a file are too long, whatever they end in."""
    for number, line in enumerate(source.splitlines(), 1):
        if len(line) > MOST_COLUMNS:
            yield (
                f"{name}:{number} has {len(line)} columns, more than {MOST_COLUMNS}: give what a "
                "'type: ignore' or 'noqa' is about a line of its own, and break a text in two"
            )


def untyped(name: str, source: str) -> Iterator[str]:
    """Where a module says ``dict[str, Any]`` or ``Mapping[str, Any]``, in whatever words, and what
    to write instead.
    """
    tree = ast.parse(source)
    allowed = {
        id(node)
        for named in ast.walk(tree)
        if (name, _name_of(named)) in {ALIAS, *OF_ANYTHING}
        for node in ast.walk(named)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and id(node) not in allowed and _is_any_dict(node):
            yield (
                f"{name}:{node.lineno} says {ast.unparse(node)}: write a dataclass or a TypedDict "
                "where the form is known, Mapping[str, object] where it is only passed on, "
                "JsonObject where only somebody else knows it"
            )


def _name_of(node: ast.AST) -> str | None:
    """What a node gives a name to."""
    if isinstance(node, ast.arg):
        return node.arg
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.target)
    return ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else None


def any_in(source: str) -> int:
    """How often a module says ``Any``."""
    nodes = list(ast.walk(ast.parse(source)))
    names = sum(isinstance(node, ast.Name) and node.id == "Any" for node in nodes)
    return names + sum(isinstance(node, ast.Attribute) and node.attr == "Any" for node in nodes)


def _is_any_dict(node: ast.Subscript) -> bool:
    value, key = ast.unparse(node.value), ast.unparse(node.slice).strip("()").replace('"', "")
    names = {"dict", "Dict", "Mapping"}
    return value.rpartition(".")[2] in names and key.replace("typing.", "") == "str, Any"


def layouts() -> set[str]:
    """How keys begin, of objects and of state that more than one part reads."""
    prefixes = {value for value in vars(keys).values() if isinstance(value, str)}
    prefixes |= {value.text for value in vars(state_keys).values() if isinstance(value, Key)}
    return {prefix for prefix in prefixes if prefix.endswith(("/", "#"))}


def laid_out(name: str, source: str, known: Iterable[str]) -> Iterator[str]:
    """Where a module makes a key by itself that ``keys.py`` or ``state_keys.py`` is to make."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            begun = next((one for one in known if node.value.startswith(one)), None)
            if begun and "\n" not in node.value and " " not in node.value:
                yield f"{name}:{node.lineno} begins a key with {begun!r}: take it from documents/"


def files() -> list[Path]:
    """Every file in Python of the checkout; what is made while working lies in hidden folders and
    in ``cdk.out``.
    """
    shown = [path for path in ROOT.iterdir() if path.name[0] != "." and path.name != "cdk.out"]
    inside = [path for folder in shown for path in folder.rglob("*.py")]
    return [START, *(path for path in shown if path.suffix == ".py"), *inside]


def test_no_file_is_too_long() -> None:
    found = files()
    assert {Path(__file__), ROOT / "app.py", LIBRARY / "errors.py"} <= {*found}
    names = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in found}
    assert [told for name, source in names.items() if (told := too_long(name, source))] == []


def test_no_line_is_too_long() -> None:
    sources = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in files()}
    assert [told for name, source in sources.items() for told in too_wide(name, source)] == []


def test_the_library_says_what_its_values_are() -> None:
    modules = sorted(LIBRARY.rglob("*.py"))
    assert LIBRARY / ALIAS[0] in modules
    found = (
        told
        for module in modules
        for told in untyped(module.relative_to(LIBRARY).as_posix(), module.read_text("utf-8"))
    )
    assert list(found) == []


def test_the_library_says_any_no_oftener_than_it_did() -> None:
    found = {path.relative_to(LIBRARY): path.read_text("utf-8") for path in LIBRARY.rglob("*.py")}
    counted = {name.as_posix(): any_in(source) for name, source in found.items()}
    most = sorted(counted, key=lambda name: -counted[name])[:5]
    assert sum(counted.values()) <= MOST_ANY, (
        f"the library says Any {sum(counted.values())} times, more than {MOST_ANY}: say what the "
        f"value is; most often in {', '.join(f'{name} ({counted[name]})' for name in most)}"
    )
    assert sum(counted.values()) > MOST_ANY - 10, "it says less: lower MOST_ANY"
    assert any_in("import typing\ndef f(x: Any, *y: typing.Any) -> 'str': ...") == 2


def test_a_handler_calls_the_step_of_its_name() -> None:
    handlers = {path.parent.name: path for path in (ROOT / "functions").glob("*/handler.py")}
    assert len(handlers) > 30
    others = {
        name
        for name, path in handlers.items()
        if f"ghosteam.steps.{OTHER_STEPS.get(name, name)}"
        not in imports_of(path.read_text("utf-8"))
    }
    assert others == WITHOUT_STEP


def test_keys_are_made_in_two_modules_alone() -> None:
    modules = {path for folder in PRODUCT for path in folder.rglob("*.py")}
    assert {*LAYOUTS} <= modules and {"runs/", "run#", "predictions/"} <= layouts()
    found = (
        told
        for module in sorted(modules - {*LAYOUTS})
        for told in laid_out(
            module.relative_to(ROOT).as_posix(), module.read_text("utf-8"), layouts()
        )
    )
    assert list(found) == []


def test_a_key_that_a_module_makes_by_itself_is_found() -> None:
    for line in ("may.read(lake, 'runs/')", "key = f'runs/{problem}/x'", "get(f'run#{run_id}')"):
        (told,) = laid_out("infra/a.py", line, ("runs/", "run#"))
        assert told.startswith("infra/a.py:1 begins a key with 'run")
    assert list(laid_out("a.py", "'runs/ in the lake holds them'", ("runs/",))) == []


def test_a_file_that_is_too_long_is_named_with_what_to_do() -> None:
    assert too_long("a.py", "x = 1\n" * 300) is None
    told = too_long("cli/a.py", "x = 1\n" * 301)
    assert told is not None
    assert told.startswith("cli/a.py has 301 lines") and "a file of its own" in told


def test_a_line_that_is_too_long_is_named_though_it_ends_in_a_word_to_ruff() -> None:
    assert list(too_wide("a.py", "x" * 100 + "\n")) == []
    (told,) = too_wide("cli/a.py", "y = 1\n" + "x" * 95 + "  # noqa: E501\n")
    assert told.startswith("cli/a.py:2 has 109 columns") and "a line of its own" in told


@pytest.mark.parametrize(
    "line",
    [
        "def f(x: dict[str, Any]) -> None: ...",
        "def f() -> list[dict[str, Any]]: ...",
        "x: dict[str, dict[str, Any]] = {}",
        "Row = dict[str, Any]",
        "JsonObject: TypeAlias = dict[str, Any]",
        "x: Dict[str, Any]",
        "x: typing.Dict[str, typing.Any]",
        "def f(x: Mapping[str, dict[str, Any]]) -> None: ...",
        "def f(row: Mapping[str, Any]) -> None: ...",
        "x: collections.abc.Mapping[str, typing.Any]",
    ],
)
def test_what_does_not_say_what_it_is_is_found(line: str) -> None:
    (told,) = untyped("data/rows.py", f"import typing\n{line}\n")
    assert told.startswith("data/rows.py:2 says ") and "TypedDict" in told


@pytest.mark.parametrize(
    "line", ["x: dict[str, object]", "x: Mapping[str, str]", "x: JsonObject", "# dict[str, Any]"]
)
def test_what_says_what_it_is_is_let_be(line: str) -> None:
    assert list(untyped("data/rows.py", line)) == []


def test_mappings_of_anything_stay_where_they_are_named_alone() -> None:
    file, name = "learning/families/family.py", "Params"
    assert (file, name) in OF_ANYTHING
    assert list(untyped(file, f"{name} = Mapping[str, Any]")) == []
    assert len(list(untyped(file, "Others = Mapping[str, Any]"))) == 1
    assert len(list(untyped("data/rows.py", f"{name} = Mapping[str, Any]"))) == 1
