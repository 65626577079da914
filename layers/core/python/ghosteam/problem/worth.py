"""What ``decide.value`` may read: what came, what was predicted of it, and what the prediction log
holds of the event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ghosteam.problem.derivation import column_read, kinds_of_reads
from ghosteam.problem.expressions.kinds import Kind
from ghosteam.problem.expressions.tree import Read
from ghosteam.problem.reserved import EVENT_TIME

if TYPE_CHECKING:
    from ghosteam.problem.spec import Problem

OUTCOME, DECISION, PREDICTION = Read("outcome"), Read("decision"), Read("prediction")


@dataclass(frozen=True)
class Logged:
    """A value of an event that the prediction log holds, by the name of its column."""

    column: str
    kind: Kind


def kinds_of_answers(problem: Problem) -> dict[Read, Kind]:
    """Of what came and what was decided, as people say them, and of what was predicted: each output
    is ``prediction.<name>``, and the first one ``prediction`` where it is not one of many classes.
    """
    classes = problem.target.classes
    said: Kind = (
        "string" if classes else "boolean" if problem.kind.class_count(classes) else "number"
    )
    outputs = [Read(name, PREDICTION.name) for name in problem.outputs]
    first = [PREDICTION] if problem.kind.learns != "multiclass" else []
    return {OUTCOME: said, DECISION: said, **dict.fromkeys((*first, *outputs), "number")}


def logged_values(problem: Problem) -> dict[Read, Logged]:
    """What the log holds of an event, as expressions name it: what names the event, its time, and
    the features that are not private.
    """
    features = problem.features
    joined = (join.partition(".") for join in features.join)
    reads = [
        *map(Read, (*problem.naming_columns, *features.request)),
        *([Read(EVENT_TIME)] if problem.timed else ()),
        *(Read(column, dataset) for dataset, _, column in joined),
        *(Read(name) for window in features.windows for name in window.features),
    ]
    found = {
        read: Logged(one.column, one.kind) for read in reads for one in [column_read(read, problem)]
    }
    kinds = kinds_of_reads(problem) if features.derived else {}
    found |= {Read(one.name): Logged(one.name, kinds[Read(one.name)]) for one in features.derived}
    private = problem.private_features
    return {read: one for read, one in found.items() if one.column not in private}
