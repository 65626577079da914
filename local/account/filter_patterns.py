"""CloudWatch Logs filter patterns: the JSON and the plain-term subset, with CloudWatch's meaning.

A pattern outside the subset (space-delimited columns, regular expressions, wildcards inside a
selector) is refused rather than matched wrongly. Source: "Filter pattern syntax", CloudWatch Logs
user guide.
"""

import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

Predicate = Callable[[str], bool]
_JsonPredicate = Callable[[Any], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<string>\"(?:[^\"\\]|\\.)*\")|(?P<punct>&&|\|\||!=|>=|<=|[=<>()])"
    r"|(?P<selector>\$(?:\.[A-Za-z0-9_@-]+|\[\d+\])+)|(?P<word>[^\s\"&|=<>()!$%\[\]{}]+))"
)
_TERM = re.compile(
    r"\s*(?P<sign>[-?]?)(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<word>[A-Za-z0-9_]+))(?=\s|$)"
)
_MISSING = object()


class UnsupportedPattern(ValueError):
    """The pattern is not valid, or not in the subset that the embedded account matches."""

    def __init__(self, pattern: str, why: str) -> None:
        super().__init__(f"Invalid or unsupported filter pattern {pattern!r}: {why}")


def compile_pattern(pattern: str) -> Predicate:
    """A predicate over log messages. Raises UnsupportedPattern."""
    text = pattern.strip()
    if not text:
        return lambda message: True
    if text.startswith("{"):
        return _compile_json(pattern, text)
    return _compile_terms(pattern, text)


def _compile_terms(pattern: str, text: str) -> Predicate:
    required: list[str] = []
    optional: list[str] = []
    excluded: list[str] = []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise UnsupportedPattern(
                pattern, f"terms are words or quoted phrases, at {text[position:]!r}"
            )
        quoted = match["quoted"]
        term = match["word"] if quoted is None else quoted.replace('\\"', '"')
        {"": required, "?": optional, "-": excluded}[match["sign"]].append(term)
        position = match.end()

    def matches(message: str) -> bool:
        return (
            all(term in message for term in required)
            and not any(term in message for term in excluded)
            # Once a required term is there, CloudWatch ignores the optional ones.
            and (bool(required) or not optional or any(term in message for term in optional))
        )

    return matches


def _compile_json(pattern: str, text: str) -> Predicate:
    if not text.endswith("}"):
        raise UnsupportedPattern(pattern, "the closing brace is missing")
    parser = _Parser(pattern, text[1:-1])
    condition = parser.alternatives()
    parser.expect_end()

    def matches(message: str) -> bool:
        try:
            return condition(json.loads(message))
        except ValueError:
            return False

    return matches


class _Parser:
    """alternatives := all ("||" all)* ; all := one ("&&" one)* ; one := "(" alternatives ")" |
    selector test.
    """

    def __init__(self, pattern: str, body: str) -> None:
        self.pattern = pattern
        self.tokens: list[tuple[str, str]] = []
        position, body = 0, body.strip()
        while position < len(body):
            match = _TOKEN.match(body, position)
            if match is None or match.lastgroup is None:
                raise UnsupportedPattern(pattern, f"not understood at {body[position:]!r}")
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()

    def alternatives(self) -> _JsonPredicate:
        parts = [self._all()]
        while self._skip("||"):
            parts.append(self._all())
        return lambda document: any(part(document) for part in parts)

    def expect_end(self) -> None:
        if self.tokens:
            raise UnsupportedPattern(self.pattern, f"not understood at {self.tokens[0][1]!r}")

    def _all(self) -> _JsonPredicate:
        parts = [self._one()]
        while self._skip("&&"):
            parts.append(self._one())
        return lambda document: all(part(document) for part in parts)

    def _one(self) -> _JsonPredicate:
        if self._skip("("):
            inner = self.alternatives()
            if not self._skip(")"):
                raise UnsupportedPattern(self.pattern, "a closing parenthesis is missing")
            return inner
        kind, selector = self._next()
        if kind != "selector":
            raise UnsupportedPattern(
                self.pattern, f"a selector like $.field is expected at {selector!r}"
            )
        path = [
            int(index) if index else name
            for name, index in re.findall(r"\.([^.\[]+)|\[(\d+)\]", selector)
        ]
        kind, operator = self._next()
        if operator.upper() in ("IS", "NOT"):
            return self._state(path, operator.upper())
        if operator not in _OPERATORS:
            raise UnsupportedPattern(self.pattern, f"an operator is expected at {operator!r}")
        kind, literal = self._next()
        if kind not in ("string", "word"):
            raise UnsupportedPattern(self.pattern, f"a value is expected at {literal!r}")
        return _comparison(path, operator, literal, self.pattern)

    def _state(self, path: list[Any], operator: str) -> _JsonPredicate:
        _, word = self._next()
        word = word.upper()
        if operator == "NOT" and word == "EXISTS":
            return lambda document: _select(document, path) is _MISSING
        values = {"NULL": None, "TRUE": True, "FALSE": False}
        if operator == "IS" and word in values:
            return lambda document: _select(document, path) is values[word]
        raise UnsupportedPattern(self.pattern, f"{operator} {word} is not a test")

    def _next(self) -> tuple[str, str]:
        if not self.tokens:
            raise UnsupportedPattern(self.pattern, "it ends too early")
        return self.tokens.pop(0)

    def _skip(self, punctuation: str) -> bool:
        if self.tokens and self.tokens[0] == ("punct", punctuation):
            self.tokens.pop(0)
            return True
        return False


_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
}


def _comparison(path: list[Any], operator: str, literal: str, pattern: str) -> _JsonPredicate:
    compare = _OPERATORS[operator]
    wanted = json.loads(literal) if literal.startswith('"') else literal
    number = None if literal.startswith('"') else _number(wanted)
    if number is None and operator not in ("=", "!="):
        raise UnsupportedPattern(pattern, f"{operator} compares numbers, not {literal}")

    def matches(document: Any) -> bool:
        value = _select(document, path)
        if value is _MISSING or isinstance(value, dict | list):
            return False
        if number is not None:
            found = None if isinstance(value, bool) else _number(value)
            return found is not None and compare(found, number)
        same = fnmatchcase(
            value if isinstance(value, str) else json.dumps(value), wanted.replace("[", "[[]")
        )
        return same == (operator == "=")

    return matches


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _select(document: Any, path: list[Any]) -> Any:
    for step in path:
        if isinstance(step, int):
            if not isinstance(document, list) or step >= len(document):
                return _MISSING
            document = document[step]
        else:
            if not isinstance(document, dict) or step not in document:
                return _MISSING
            document = document[step]
    return document
