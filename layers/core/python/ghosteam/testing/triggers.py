"""What every trigger of retraining must do."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ghosteam.documents.event import EVENT_TYPES, BusEvent
from ghosteam.documents.run import Run, RunReason, RunStatus
from ghosteam.errors import InvalidInput
from ghosteam.problem.retrain import Retrain
from ghosteam.retraining.policy import Situation, Skip, Start, Wait, decide_run
from ghosteam.retraining.readiness import Ready, Waiting
from ghosteam.retraining.triggers.trigger import Rule, Trigger

_NOW = datetime(2024, 5, 20, tzinfo=UTC)
_AS_OF = datetime(2024, 5, 19, tzinfo=UTC)
_DAY = timedelta(days=1)
_READY = Ready(_AS_OF - 60 * _DAY, _AS_OF - 14 * _DAY, _AS_OF)
_FIRST = Situation(readiness=_READY, run_usd=1.0)
_SERVING = replace(_FIRST, champion_train_end=_AS_OF - 90 * _DAY)


def event_of(trigger: Trigger) -> BusEvent:
    """The trigger's example as the bus brings it."""
    detail = {"problem": "flights", **trigger.example}
    return {"id": "7", "detail-type": trigger.event, "detail": detail}


def check_trigger(trigger: Trigger) -> None:
    """Its example has ``as_of`` where the event speaks of a time.

    The event gives words and a time with a zone, the same each time, and is refused with a remedy
    where its time cannot be read. The trigger starts a run when nothing speaks against it, and is
    held back by a run at work, missing data and each rule that it does not pass over.
    """
    assert re.fullmatch(r"[a-z][a-z0-9_]*", trigger.name), trigger.name
    assert re.fullmatch(r"[a-z0-9]{1,9}", trigger.short), f"{trigger.short!r} in a run id"
    assert trigger.event in EVENT_TYPES, f"{trigger.event!r} is no event of the bus"
    _check_told(trigger, event_of(trigger))
    _check_rules(trigger)
    _check_always(trigger)
    _check_first_model(trigger)


def _check_told(trigger: Trigger, event: BusEvent) -> None:
    told = trigger.told(event)
    assert told.detail, "the occasion has no words"
    assert told == trigger.told(event), "the same event is read in two ways"
    if told.as_of is None:
        return
    assert told.as_of.utcoffset() == timedelta(0), f"{told.as_of} is not in UTC"
    for unreadable in ("soon", "2024-05-19T00:00:00"):
        try:
            trigger.told({**event, "detail": {**event["detail"], "as_of": unreadable}})
        except InvalidInput as refused:
            assert refused.remedy and refused.where["field"] == "as_of"
        else:
            raise AssertionError(f"the time {unreadable!r} is taken")


def _check_rules(trigger: Trigger) -> None:
    free = _free(trigger)
    assert isinstance(_decided(trigger, free), Start), "nothing speaks against it"
    failed, refused = _run("failed", _NOW), _run("refused", _NOW)
    answers: dict[Rule, Start | Skip | Wait] = {
        "back-off": _decided(trigger, replace(free, runs=[failed])),
        "cool-down": _decided(trigger, replace(free, runs=[refused])),
        "budget": _decided(trigger, free, max_usd_month=free.run_usd / 2),
    }
    for rule, answer in answers.items():
        passes = rule in trigger.passes_over
        assert isinstance(answer, Start) == passes, f"{rule}: {answer.reason}"
    assert trigger.passes_over <= set(answers), f"{trigger.passes_over} are not all rules"


def _check_always(trigger: Trigger) -> None:
    free = _free(trigger)
    busy = _decided(trigger, replace(free, holder="another"))
    assert isinstance(busy, Wait) and busy.for_run == "another"
    missing = _decided(trigger, replace(free, readiness=Waiting(("waiting, because of data",))))
    if trigger.waits_for_data:
        assert isinstance(missing, Wait) and missing.not_before
    else:
        assert isinstance(missing, Skip) and missing.tell == trigger.asked
    unnamed = _decided(trigger, free, on=())
    assert isinstance(unnamed, Start) == trigger.asked, unnamed.reason


def _check_first_model(trigger: Trigger) -> None:
    first = _decided(trigger, _FIRST)
    assert isinstance(first, Start), first.reason
    later = _decided(trigger, _SERVING)
    assert isinstance(later, Skip if trigger.first_model_only else Start), later.reason
    landing = _decided(trigger, replace(_free(trigger), arriving=["a file"]))
    assert isinstance(landing, Wait if trigger.first_model_only else Start), landing.reason


def _free(trigger: Trigger) -> Situation:
    return _FIRST if trigger.first_model_only else _SERVING


def _decided(trigger: Trigger, situation: Situation, **policy: object) -> Start | Skip | Wait:
    named = Retrain().model_copy(update={"on": (trigger.name,), **policy})
    return decide_run(trigger, named, situation, run_id="r", as_of=_AS_OF, now=_NOW)


def _run(status: RunStatus, moment: datetime) -> Run:
    return Run(
        run_id="r",
        occasion_id="r",
        reason=RunReason("request", "before"),
        as_of=_AS_OF - _DAY,
        started_at=moment,
        finished_at=moment,
        status=status,
    )
