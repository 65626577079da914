"""YAML as a person would write it: short values on one line, long ones wrapped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import yaml

from ghosteam.problem.yaml_file import Loader

WIDTH = 120
_PLAIN = re.compile(r"[^\W_][\w./-]*(?: [\w./+-]+)*%?|_\w+")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def scalar(value: object) -> str:
    """One value. A text stands without quotes where it is read back as that text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value) if isinstance(value, float) else str(value)
    text = str(value)
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS and not _is_number(text)
    if plain and yaml.load(text, Loader=Loader) == text:
        return text
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _number(value: float) -> str:
    """To six digits, with the point that YAML 1.1 asks for."""
    mantissa, exponent, power = f"{value + 0.0:.6g}".partition("e")  # no -0
    return f"{mantissa}{'' if '.' in mantissa or not exponent else '.0'}{exponent}{power}"


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    if letter.isprintable():
        return letter
    code = ord(letter)
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


def _is_number(text: str) -> bool:
    """To some reader of YAML, if not to all."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def flow(value: object) -> str:
    """A value on one line; the keys of a mapping are names of the grammar."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def listed(head: str, values: Sequence[object], *, indent: int = 0) -> list[str]:
    """``head: [a, b, …]`` in lines that are not too long."""
    margin = " " * indent
    line = f"{margin}{head}: {flow(list(values))}"
    if len(line) <= WIDTH:
        return [line]
    lines, line = [f"{margin}{head}: ["], f"{margin} "
    for value in values:
        text = f" {flow(value)},"
        if len(line) + len(text) > WIDTH:
            lines.append(line)
            line = f"{margin} "
        line += text
    return [*lines, line.removesuffix(","), f"{margin}]"]


def comment(text: str, *, indent: int = 0) -> list[str]:
    """A comment in lines that are not too long."""
    margin, lines, line = " " * indent, list[str](), ""
    for word in " ".join(text.split()).split(" "):
        if line and len(margin) + len(line) + len(word) + 3 > WIDTH:
            lines.append(f"{margin}# {line}")
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, f"{margin}# {line}"]
