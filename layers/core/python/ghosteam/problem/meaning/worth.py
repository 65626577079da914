"""What predictions are worth can be computed of each, and tells models apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ghosteam.problem.expressions.expression import expression_of
from ghosteam.problem.expressions.fault import Unreadable
from ghosteam.problem.expressions.kinds import NUMERIC, Kind
from ghosteam.problem.expressions.tree import Read
from ghosteam.problem.meaning.fault import Diagnostic, a_kind
from ghosteam.problem.spec import Problem
from ghosteam.problem.worth import DECISION, OUTCOME, PREDICTION, kinds_of_answers, logged_values

_PLACE = ("decide", "value")


def value(problem: Problem) -> Iterator[Diagnostic]:
    """``decide.value`` reads what is known of each prediction, and is a number that depends on
    what was predicted.
    """
    if (text := problem.decide.value) is None:
        return
    expression = expression_of(text)
    answers, logged = kinds_of_answers(problem), logged_values(problem)
    kinds = answers | {read: one.kind for read, one in logged.items()}
    unclear = [
        *(_unknown(problem, read, kinds) for read in expression.reads if read not in kinds),
        *(_twice(read) for read in expression.reads if read in answers and read in logged),
    ]
    yield from unclear
    # What is derived may be at fault itself.
    if unclear or any(kinds[read] is None for read in expression.reads):
        return
    if not any(read in answers and read != OUTCOME for read in expression.reads):
        yield Diagnostic(
            _PLACE,
            f"{text!r} reads nothing of what was predicted: it is the same for every model",
            f"Read {DECISION}, or an output: {', '.join(map(str, _outputs(answers)))}",
        )
    try:
        kind = expression.kind(kinds)
    except Unreadable as error:
        yield Diagnostic(_PLACE, f"{text!r}: {error.message}", error.remedy)
        return
    if kind not in NUMERIC:
        what = f"gives {a_kind(kind)}" if kind else "is always null"
        yield Diagnostic(
            _PLACE,
            f"{text!r} {what}: what a prediction is worth is a number",
            "Write CASE WHEN … THEN … ELSE … END with numbers",
        )


def worth(problem: Problem) -> Iterator[Diagnostic]:
    """Dollars, and limits of what is lost, are of a unit of something; and who retrains by such a
    limit has one.
    """
    names = problem.retrain.on
    if "value" in names and problem.watch.performance.max_lost_a_day is None:
        yield Diagnostic(
            ("retrain", "on", names.index("value")),
            "value starts a run where predictions bring less a day than they may, and nothing says "
            "how much less",
            "Write watch.performance.max_lost_a_day, or take value out",
        )
    for place, limit in (
        (("retrain", "worth"), problem.retrain.worth),
        (("watch", "performance", "max_lost_a_day"), problem.watch.performance.max_lost_a_day),
    ):
        if limit is not None and not problem.decide.has_worth:
            yield Diagnostic(
                place,
                "it is in the unit of decide.values or decide.value, and there are none",
                "Write one of them, or take it out",
            )


def _outputs(answers: Mapping[Read, Kind]) -> list[Read]:
    return [read for read in answers if PREDICTION.name in (read.name, read.dataset)]


def _twice(read: Read) -> Diagnostic:
    return Diagnostic(
        _PLACE,
        f"{str(read)!r} is an answer in decide.value, and the name of a column or a feature too",
        "Rename the column or the feature",
    )


def _unknown(problem: Problem, read: Read, kinds: Mapping[Read, Kind]) -> Diagnostic:
    """What is wrong with a name, and what to do."""
    names = f"Names are {', '.join(map(str, kinds))}"
    told, remedy = "the prediction log holds nothing that is called so", names
    if read == PREDICTION:
        told = "of several classes the prediction is not one number"
        remedy = f"Write {DECISION}, or the probability of one: {_outputs(kinds)[0]}"
    elif read == Read(problem.target.name):
        told, remedy = "that is the target", f"Write {OUTCOME} for what came"
    elif problem.private_features & {read.name, str(read).replace(".", "__")}:
        told = "it is private, and not in the prediction log"
    elif not read.dataset and read.name in problem.events.columns:
        told = "the prediction log does not hold this column"
        remedy = f"Name it under features.request if it is known when one is asked. {names}"
    return Diagnostic(_PLACE, f"{problem.decide.value!r} reads {str(read)!r}: {told}", remedy)
