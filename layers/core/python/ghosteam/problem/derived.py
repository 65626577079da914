"""A derived feature, as ``problem.yaml`` says it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from ghosteam.problem.expressions.expression import Expression, expression_of
from ghosteam.problem.expressions.fault import Unreadable
from ghosteam.problem.names import Name
from ghosteam.problem.strict import Strict

MOST_TEXT = 4_000
"""Characters of an expression."""


def _readable(text: str) -> str:
    try:
        expression_of(text)
    except Unreadable as error:
        raise ValueError(f"{error.message}. {error.remedy}") from error
    return text


ExpressionText = Annotated[str, Field(max_length=MOST_TEXT), AfterValidator(_readable)]
"""An expression of one row's values that can be read."""


class Derived(Strict):
    """A feature computed from the values of one event: ``expr`` reads columns of the events,
    ``event_time``, ``dataset.column`` of what is looked up, windows and other derived features. It
    gives a number, a boolean (0 and 1) or a text; null where it is not defined. ``categorical``: a
    whole number or a boolean is a name and no quantity.
    """

    name: Name
    expr: ExpressionText
    categorical: bool = False

    @property
    def expression(self) -> Expression:
        """What ``expr`` says."""
        return expression_of(self.expr)
