"""What pydantic finds wrong, in words of YAML, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ghosteam.problem.features import Place
from ghosteam.problem.meaning.fault import Diagnostic

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_BOUND = "Input should be "
_REFUSED = "Invalid value: it should be "
_WORDS = {
    "Value error, ": "",
    _BOUND: _REFUSED,
    "Tuple": "List",
    "Dictionary": "Mapping",
    " after validation": "",
}
_REMEDIES: Mapping[str, str] = {
    "missing": "Add the field",
    "extra_forbidden": "Remove the field or fix its name",
    "literal_error": "Use one of the values named",
    "no_member": "Use one of them",
    "string_type": "Write a text, in quotes where YAML reads another value",
    "string_pattern_mismatch": "Write it in that form",
    "int_type": "Write a whole number",
    "int_parsing": "Write a whole number",
    "int_from_float": "Write a whole number",
    "float_type": "Write a number",
    "float_parsing": "Write a number",
    "finite_number": "Write a number that is one",
    "bool_type": "Write true or false",
    "bool_parsing": "Write true or false",
    "too_short": "List one at least",
    "too_long": "Leave out what is too much",
}


def invalid(found: ErrorDetails) -> Diagnostic:
    """The fault that an error of pydantic is."""
    kind, message, place = found["type"], found["msg"], _in_file(found["loc"])
    context = found.get("ctx", {})
    if kind in ("tuple_type", "list_type"):
        return Diagnostic(place, f"{_REFUSED}a list", "Write it in brackets: [a, b]")
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return Diagnostic(
            place, "Invalid value: it should be a mapping", "Write names and values: {name: value}"
        )
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        field = str(context["discriminator"]).strip("'")
        expected = str(context.get("expected_tags", "")).replace("'", "")
        if kind == "union_tag_invalid":
            return Diagnostic(
                (*place, field),
                f"Invalid value: {context['tag']!r} is none of {expected}",
                "Use one of them",
            )
        return Diagnostic(place, f"Field required: {field}", f"Add {field}, which says what it is")
    if kind.startswith(("greater_than", "less_than")):
        told = message.replace(_BOUND, _REFUSED)
        return Diagnostic(place, told, f"Write a value {message.removeprefix(_BOUND)}")
    return Diagnostic(place, in_words(message), _REMEDIES.get(kind, "Fix the field"))


def _in_file(place: Place) -> Place:
    """Without the kind of a source, which pydantic puts after its name."""
    return (*place[:2], *place[3:]) if place[:1] == ("sources",) else place


def in_words(message: str) -> str:
    """A message of pydantic in the words of this project."""
    for name, word in _WORDS.items():
        message = message.replace(name, word)
    return message
