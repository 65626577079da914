"""The words of an expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ghosteam.problem.expressions.fault import Unreadable

_TOKEN = re.compile(
    r"""
      (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![\w.])
    | (?P<text>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")+"|`[^`]+`)
    | (?P<word>[^\W\d]\w*)
    | (?P<sign><=|>=|<>|!=|==|\|\||[-+*/%=<>(),.])
    """,
    re.VERBOSE,
)
_BLANKS = re.compile(r"\s*")
TokenKind = Literal["number", "text", "quoted", "word", "sign", "end"]


@dataclass(frozen=True)
class Token:
    """``text`` as it means: quotes are gone, and what stands for one inside of them."""

    kind: TokenKind
    text: str

    def says(self, *words: str) -> bool:
        """Whether it is one of these keywords (upper case) or signs."""
        return self.kind in ("word", "sign") and self.text.upper() in words

    def __str__(self) -> str:
        return "its end" if self.kind == "end" else repr(self.text)


def tokens_of(text: str) -> list[Token]:
    """The tokens of an expression, and one for its end.

    Raises:
        Unreadable: a character begins none.
    """
    found, place = [], _skipped(text, 0)
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise Unreadable(
                f"{text!r} cannot be read from {text[place : place + 10]!r} on",
                "Write names, numbers, 'texts', + - * / % || = <> < <= > >= and parentheses",
            )
        kind: TokenKind = match.lastgroup  # type: ignore[assignment]
        found.append(Token(kind, _meant(kind, match[0])))
        place = _skipped(text, match.end())
    return [*found, Token("end", "")]


def _meant(kind: TokenKind, written: str) -> str:
    if kind not in ("text", "quoted"):
        return written
    quote = written[0]
    return written[1:-1].replace(quote * 2, quote)


def _skipped(text: str, place: int) -> int:
    match = _BLANKS.match(text, place)
    return match.end() if match else place
