"""Expressions as SQL writes them, to trees: names, constants, arithmetic, comparisons, AND, OR,
NOT, IS, IN, BETWEEN, CASE, EXTRACT and functions.

By precedence climbing. Source: Vaughan Pratt, Top down operator precedence, 1973; the precedences
are those of PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ghosteam.problem.expressions.fault import Unreadable
from ghosteam.problem.expressions.functions import ALIASES, CALLED, FUNCTIONS, finite
from ghosteam.problem.expressions.times import PARTS
from ghosteam.problem.expressions.tokens import Token, tokens_of
from ghosteam.problem.expressions.tree import Call, Constant, Node, Read
from ghosteam.problem.moments import zone_of

MOST_NESTED = 30
"""Levels of parentheses, functions and CASE in one another."""
MOST_IN_A_ROW = 200
"""Operators of one expression; more is not what a person reads."""
_LONGEST_INTEGER = 20
"""Digits; one of so many is beyond 64 bits."""
_COMPARED = {"!=": "<>", "==": "=", **{sign: sign for sign in ("=", "<>", "<", "<=", ">", ">=")}}
_CONSTANTS: dict[str, bool | None] = {"NULL": None, "TRUE": True, "FALSE": False}
_KEYWORDS = frozenset(
    (*_CONSTANTS, "AND", "OR", "NOT", "IS", "IN", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END")
)


def parse(text: str) -> Node:
    """The tree of an expression.

    Raises:
        Unreadable: the text is none.
    """
    parser = _Parser(text)
    tree = parser.expression()
    if parser.here.kind != "end":
        raise parser.unexpected("an operator or its end")
    return tree


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens_of(text)
        self._place = self._nested = self._operators = 0

    @property
    def here(self) -> Token:
        return self._tokens[self._place]

    def expression(self) -> Node:
        with self._deeper():
            return self._many("OR", lambda: self._many("AND", self._negation))

    def unexpected(self, wanted: str) -> Unreadable:
        return Unreadable(
            f"{self._text!r} has {self.here} where {wanted} should stand",
            'Write it as in SELECT: amount / nights; a name with blanks stands in "…"',
        )

    def _many(self, word: str, operand: Callable[[], Node]) -> Node:
        operands = [operand()]
        while self._takes(word):
            operands.append(operand())
        return operands[0] if len(operands) == 1 else self._call(word, *operands)

    def _negation(self) -> Node:
        if not self._takes("NOT"):
            return self._comparison()
        with self._deeper():
            return self._call("NOT", self._negation())

    def _comparison(self) -> Node:
        left = self._sum()
        while True:
            if self.here.says(*_COMPARED):
                sign = _COMPARED[self._next().text]
                left = self._call(sign, left, self._sum())
            elif self._takes("IS"):
                left = self._is(left)
            elif self.here.says("IN", "BETWEEN", "NOT"):
                negated = self._takes("NOT")
                left = self._ranged(left)
                left = self._call("NOT", left) if negated else left
            else:
                return left

    def _is(self, left: Node) -> Node:
        negated = self._takes("NOT")
        for word in _CONSTANTS:
            if self._takes(word):
                found = self._call(f"IS {word}", left)
                return self._call("NOT", found) if negated else found
        raise self.unexpected("NULL, TRUE or FALSE")

    def _ranged(self, left: Node) -> Node:
        if self._takes("IN"):
            self._expect("(")
            return self._call("IN", left, *self._listed())
        if not self._takes("BETWEEN"):
            raise self.unexpected("IN or BETWEEN")
        low = self._sum()
        self._expect("AND")
        return self._call("BETWEEN", left, low, self._sum())

    def _sum(self) -> Node:
        return self._left(("+", "-", "||"), lambda: self._left(("*", "/", "%"), self._signed))

    def _left(self, signs: tuple[str, ...], operand: Callable[[], Node]) -> Node:
        found = operand()
        while self.here.says(*signs):
            found = self._call(self._next().text, found, operand())
        return found

    def _signed(self) -> Node:
        if self._takes("+"):
            with self._deeper():
                return self._signed()
        if not self._takes("-"):
            return self._value()
        with self._deeper():
            value = self._signed()
        stated = value.value if isinstance(value, Constant) else None
        if isinstance(stated, int | float) and not isinstance(stated, bool):
            return Constant(-stated)
        return self._call("unary -", value)

    def _value(self) -> Node:
        token = self.here
        if self._takes("("):
            found = self.expression()
            self._expect(")")
            return found
        if token.kind == "number":
            return self._number(self._next().text)
        if token.kind == "text":
            return Constant(self._next().text)
        if token.kind == "word" and token.text.upper() in _KEYWORDS:
            if token.text.upper() in _CONSTANTS:
                return Constant(_CONSTANTS[self._next().text.upper()])
            if self._takes("CASE"):
                return self._case()
        elif token.kind in ("word", "quoted"):
            self._next()
            if token.kind == "word" and self._takes("("):
                return self._function(token.text)
            return self._name(token.text)
        raise self.unexpected("a value")

    def _number(self, text: str) -> Node:
        value = int(text) if text.isdigit() and len(text) < _LONGEST_INTEGER else float(text)
        if finite(value) is None:
            raise Unreadable(f"{text} is beyond the range of numbers", "Write a smaller number")
        return Constant(finite(value))

    def _name(self, name: str) -> Node:
        if not self._takes("."):
            return Read(name)
        if self.here.kind not in ("word", "quoted"):
            raise self.unexpected("a column's name")
        return Read(self._next().text, name)

    def _case(self) -> Node:
        """``CASE WHEN … THEN …``, or ``CASE value WHEN … THEN …``."""
        of = [] if self.here.says("WHEN") else [self.expression()]
        branches = list[Node]()
        while self._takes("WHEN"):
            branches.append(self.expression())
            self._expect("THEN")
            branches.append(self.expression())
        if not branches:
            raise self.unexpected("WHEN")
        branches.append(self.expression() if self._takes("ELSE") else Constant(None))
        self._expect("END")
        return self._call("CASE OF" if of else "CASE", *of, *branches)

    def _function(self, written: str) -> Node:
        name = ALIASES.get(written.lower(), written.lower())
        if name == "extract":
            return self._extract()
        arguments = self._listed()
        if name == "date_part" and arguments and isinstance(arguments[0], Constant):
            name, arguments = self._part(str(arguments[0].value)), arguments[1:]
        elif name not in CALLED:
            raise Unreadable(
                f"{self._text!r} calls {written}, which is no function of one row's values",
                f"Functions are {', '.join(sorted((*CALLED, *ALIASES, 'extract', 'date_part')))}",
            )
        self._count(written, name, len(arguments))
        return self._call(name, *arguments)

    def _count(self, written: str, name: str, given: int) -> None:
        """Refuses too few arguments, and too many."""
        least = FUNCTIONS[name].least
        most = 1 if name in PARTS else FUNCTIONS[name].most  # A zone is written as AT TIME ZONE.
        if least <= given <= (given if most is None else most):
            return
        wanted = f"{least} or more" if most is None else f"{least}"
        wanted += f" to {most}" if most is not None and most > least else ""
        raise Unreadable(
            f"{self._text!r} gives {written} {given} values; it takes {wanted}",
            "Separate them by commas; for extract and date_part see the guide",
        )

    def _extract(self) -> Node:
        """``extract(hour FROM moment)``, in UTC, or ``… AT TIME ZONE 'Europe/Berlin')``."""
        if self.here.kind != "word":
            raise self.unexpected("a part of a time")
        name = self._part(self._next().text)
        self._expect("FROM")
        moment = self._sum()
        zone = list[Node]()
        if self._takes("AT"):
            self._expect("TIME")
            self._expect("ZONE")
            zone.append(self._zone())
        self._expect(")")
        if zone and name == "epoch":
            raise Unreadable(
                f"{self._text!r} takes the epoch of a zone, and it is the same everywhere",
                "Leave AT TIME ZONE out",
            )
        return self._call(name, moment, *zone)

    def _zone(self) -> Node:
        if self.here.kind != "text":
            raise self.unexpected("a zone's name in single quotes")
        name = self._next().text
        try:
            zone_of(name)
        except ValueError as error:
            raise Unreadable(str(error), "Write one as the column's zone is written") from error
        return Constant(name)

    def _part(self, written: str) -> str:
        name = written.lower()
        if name not in (*PARTS, "epoch"):
            raise Unreadable(
                f"{self._text!r} asks for {written!r}, which is no part of a time",
                f"Parts are {', '.join((*PARTS, 'epoch'))}",
            )
        return name

    def _listed(self) -> list[Node]:
        """What stands between parentheses, of which the first is read."""
        if self._takes(")"):
            return []
        found = [self.expression()]
        while self._takes(","):
            found.append(self.expression())
        self._expect(")")
        return found

    def _call(self, function: str, *arguments: Node) -> Call:
        self._operators += 1
        if self._operators > MOST_IN_A_ROW:
            raise Unreadable(
                f"the expression has more than {MOST_IN_A_ROW} operators and functions",
                "Derive its parts as features of their own, and read these",
            )
        return Call(function, arguments)

    def _next(self) -> Token:
        token = self.here
        self._place += 1
        return token

    def _takes(self, word: str) -> bool:
        if self.here.says(word):
            self._place += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._takes(word):
            raise self.unexpected(repr(word))

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._nested += 1
        if self._nested > MOST_NESTED:
            raise Unreadable(
                f"the expression nests more than {MOST_NESTED} levels",
                "Derive its parts as features of their own, and read these",
            )
        yield
        self._nested -= 1
