"""What is predicted, by the column that holds it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from cli.infer.column import InferredColumn
from cli.infer.finding import Inference, Sureness
from cli.infer.missing import OF_OUTCOMES
from cli.infer.names import plain_name, sql_column
from ghosteam.errors import InvalidInput

TaskName = Literal["binary", "multiclass", "regression"]
_FEWEST_CLASSES, _MOST_CLASSES = 3, 30
_MOST_NUMBERED = 10
_WIDEST = 20
_RARE = 20
_NO = frozenset({"no", "n", "false", "f", "0", "negative", "neg", "none", "never", "not", "low"})
_NO |= {"good", "normal", "benign", "ham", "healthy", "alive", "dead", "failure", "fail", "on time"}
_YES = frozenset({"yes", "y", "true", "t", "1", "positive", "pos", "bad", "default", "malignant"})
_YES |= {"churn", "churned", "fraud", "spam", "late", "survived", "success", "pass", "won", "high"}


@dataclass(frozen=True)
class TargetGuess:
    """``column`` as it is to be declared; the rest as ``target`` and ``task`` have it. ``folded``:
    its texts count in small letters.
    """

    column: InferredColumn
    task: TaskName
    name: str
    expr: str
    classes: tuple[str, ...] = ()
    findings: tuple[Inference, ...] = ()
    folded: bool = False

    def told(self, cells: pl.Series) -> pl.Series:
        """What cells of the column say, as ``expr`` does."""
        return cells.str.to_lowercase() if self.folded else cells


def guess_target(
    found: InferredColumn, *, task: TaskName | None = None, taken: Container[str] = ()
) -> TargetGuess:
    """``task``: what the user says it is; ``taken``: names that the outcome may not have.

    Raises:
        InvalidInput: nothing can be predicted from such a column, or not by that task.
    """
    known = _without_unknown(found)
    column = _in_small_letters(known)
    folded, unknown = column is not known, column.findings[len(found.findings) :]
    if column.distinct < 2:
        values = "one value in all rows" if column.distinct else "no value in any row"
        raise _refused(column, f"has {values}: there is nothing to predict")
    if column.type == "timestamp":
        raise _refused(column, "is a time: name a number, a class or a yes and no")
    numbers = column.type in ("integer", "number")
    whole = column.low is not None and all(float(text).is_integer() for text in column.values)
    if numbers and whole and column.distinct <= _MOST_NUMBERED:
        column = replace(column, type="integer")
    guess, sure = _task(column, whole=whole)
    if task is not None:
        guess, sure = task, "sure"
    if guess == "regression" and not numbers:
        raise _refused(column, "is text, and a regression predicts a number")
    if guess != "regression" and column.distinct > _MOST_CLASSES:
        raise _refused(column, f"has {column.distinct} values: too many classes")
    if guess == "binary" and column.distinct != 2:
        raise _refused(column, f"has {column.distinct} values, and a binary outcome has two")
    if guess == "multiclass" and column.distinct < _FEWEST_CLASSES:
        raise _refused(column, "has two values: that is a binary problem")
    name = plain_name(column.name, or_else="outcome", taken=taken)
    if guess == "regression":
        told = Inference(column.name, f"a number is predicted: a {guess} problem", sure)
        return TargetGuess(column, guess, name, sql_column(column.name), (), (told,))
    if guess == "multiclass":
        classes = _in_order(column)
        told = Inference(column.name, f"one of {len(classes)} classes: a multiclass problem", sure)
        return TargetGuess(
            column,
            guess,
            name,
            _expr(column, folded),
            classes,
            (*unknown, told, *_rare(column)),
            folded,
        )
    zero_one = column.type == "boolean" or {float(v) for v in _in_order(column) if numbers} == {
        0.0,
        1.0,
    }
    if zero_one:
        told = Inference(column.name, "comes or does not come: a binary problem", sure)
        expr = sql_column(column.name)
        return TargetGuess(column, guess, name, expr, (), (*unknown, told, *_rare(column)))
    classes, how = _negative_first(column, numbers=numbers)
    told = Inference(column.name, f"two classes: the probability of {classes[1]!r}", how)
    return TargetGuess(
        column,
        guess,
        name,
        _expr(column, folded),
        classes,
        (*unknown, told, *_rare(column)),
        folded,
    )


def _in_small_letters(found: InferredColumn) -> InferredColumn:
    """Words that differ in their capital letters alone are one class; the same column where there
    are none such.
    """
    words = tuple(dict.fromkeys(text.lower() for text in found.values))
    if found.type != "string" or found.distinct > len(found.values):
        return found
    if len(words) == found.distinct:
        return found
    spelt = next(
        same
        for word in words
        if len(same := [text for text in found.values if text.lower() == word]) > 1
    )
    told = f"{' and '.join(spelt)} are one class: capital letters do not count"
    return replace(
        found,
        values=words,
        distinct=len(words),
        rarest=max(found.rarest, _RARE),
        findings=(*found.findings, Inference(found.name, told, "fairly sure")),
    )


def _without_unknown(found: InferredColumn) -> InferredColumn:
    """Words that say that an outcome is not known are no class of it."""
    if found.type != "string":
        return found
    unknown = [text for text in found.values if text.lower() in OF_OUTCOMES]
    left = [text for text in found.values if text not in unknown]
    if not unknown or len(left) < 2 or found.distinct > len(found.values):
        return found
    markers = tuple(sorted({*(found.markers or ("",)), *unknown}))
    return replace(
        found,
        values=tuple(left),
        distinct=found.distinct - len(unknown),
        markers=markers,
        missing=max(1, found.missing),
        findings=(
            *found.findings,
            Inference(
                found.name,
                f"{', '.join(map(repr, unknown))} says that the outcome is not known",
                "fairly sure",
            ),
        ),
    )


def _task(column: InferredColumn, *, whole: bool) -> tuple[TaskName, Sureness]:
    if column.distinct == 2:
        return "binary", "sure"
    if column.type == "string":
        return "multiclass", "sure"
    low, high = column.low or 0.0, column.high or 0.0
    if whole and column.distinct <= _MOST_NUMBERED and high - low <= _WIDEST:
        return "multiclass", "a guess"
    return "regression", "fairly sure" if whole else "sure"


def _expr(column: InferredColumn, folded: bool) -> str:
    return f"lower({sql_column(column.name)})" if folded else sql_column(column.name)


def _in_order(column: InferredColumn) -> tuple[str, ...]:
    """All values; of whole numbers as such, in their order."""
    if column.type == "integer":
        return tuple(str(number) for number in sorted({int(float(v)) for v in column.values}))
    return tuple(sorted(column.values))


def _negative_first(column: InferredColumn, *, numbers: bool) -> tuple[tuple[str, ...], Sureness]:
    ordered: Sequence[str] = _in_order(column)
    if numbers:
        return tuple(ordered), "fairly sure"
    for text, other in ((ordered[0], ordered[1]), (ordered[1], ordered[0])):
        low, high = text.strip().lower(), other.strip().lower()
        negated = (low[:1], high[:1]) == ("<", ">") or low in (
            f"not {high}",
            f"no {high}",
            f"non{high}",
            f"non-{high}",
            f"not_{high}",
        )
        if negated or (low in _NO and high not in _NO) or (high in _YES and low not in _YES):
            return (text, other), "sure"
    return tuple(column.values[:2]), "a guess"  # the most frequent first


def _rare(column: InferredColumn) -> list[Inference]:
    if column.rarest >= _RARE:
        return []
    return [
        Inference(
            column.name,
            f"the rarest outcome comes {column.rarest} times: too seldom to be judged by itself",
            "sure",
        )
    ]


def _refused(column: InferredColumn, why: str) -> InvalidInput:
    return InvalidInput(
        f"The target {column.name!r} {why}",
        where={"column": column.name, "values": ", ".join(column.values[:5])},
        remedy="Name another column with --target, or say --task binary, multiclass or regression",
    )
