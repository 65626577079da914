"""What the watches found of windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cli.facts.fact import Fact, moment
from ghosteam.documents import state_keys
from ghosteam.documents.drift_verdict import DriftVerdict, Role
from ghosteam.documents.outcome_verdict import OutcomeVerdict
from ghosteam.documents.performance_verdict import PerformanceVerdict

Verdict = DriftVerdict | PerformanceVerdict
_MOST_NAMES, _MOST_DROPS = 20, 3
_UNUSED = "the model uses it too little to ask for anybody"
_ASKS_NOBODY: Mapping[Role, str] = {"errors": "it says since when, and asks for nobody"}
_PLACES: Mapping[type[Verdict], str] = {
    DriftVerdict: state_keys.DRIFT_VERDICTS.text,
    OutcomeVerdict: state_keys.OUTCOME_VERDICTS.text,
    PerformanceVerdict: state_keys.PERFORMANCE_VERDICTS.text,
}


def of_verdict(verdict: Verdict) -> Fact:
    """What a window was found to be."""
    window = f"{moment(verdict.window_start)} to {moment(verdict.window_end)}: {word(verdict)}"
    lost = f"; the log lost {verdict.log_loss:.1%} of those hours" if verdict.log_loss else ""
    if verdict.damaged_records:
        lost += f"; {verdict.damaged_records} records could not be read"
    if verdict.undetermined:
        told = verdict.undetermined + _expected(verdict)
    elif isinstance(verdict, DriftVerdict):
        what, none = (
            ("outcomes", "nothing")
            if isinstance(verdict, OutcomeVerdict)
            else ("rows", "no feature")
        )
        told = f"{verdict.rows} {what}, drifted: {named(verdict.drifted_features) or none}"
    else:
        value = "no value" if verdict.value is None else f"{verdict.value:.4f}"
        told = f"{verdict.metric} {value} on {verdict.labels} outcomes{_expected(verdict)}"
        told += "".join(_brought(verdict))
        for drop in verdict.past[:_MOST_DROPS]:
            told += f"; {drop.told}"
        for one in verdict.beside:
            told += (
                f"; version {one.version}, {one.role}: {one.value:.4f} ({one.lower:.4f} to "
                f"{one.upper:.4f}) on {one.labels}"
            )
    place = _PLACES[type(verdict)] + verdict.window_end.isoformat()
    return Fact(f"{window}, {told}{lost}", place)


def _brought(verdict: PerformanceVerdict) -> Iterator[str]:
    """What predictions brought, and what was promised of them."""
    if found := verdict.earned:
        who = "decisions" if found.promised_by == "probabilities" else "predictions"
        yield (
            f"; {who} brought {found.got:.4g} a prediction, of {found.promised:.4g} that was "
            "promised"
        )
        if found.a_day:
            yield (
                f": {found.a_day.value:,.4g} a day ({found.a_day.lower:,.4g} to "
                f"{found.a_day.upper:,.4g})"
            )
        if found.past:
            yield (
                f", {found.lost_a_day:,.4g} less than promised (at least {found.lower:,.4g}), and "
                f"{found.limit:,.4g} is allowed"
            )
    if verdict.unearned:
        yield f"; what they brought is not known: {verdict.unearned}"


def _expected(verdict: Verdict) -> str:
    """What was to be expected of a window before its outcomes came, and how far that was off."""
    if not isinstance(verdict, PerformanceVerdict) or verdict.estimated is None:
        return ""
    one = verdict.estimated
    if verdict.estimate_error is not None:
        return f" ({one.value:.4f} was expected before they came)"
    return (
        f"; {one.metric} {one.value:.4f} ({one.lower:.4f} to {one.upper:.4f}) is expected of "
        f"{one.rows} predictions, unless the world has changed"
    )


def of_features(verdict: DriftVerdict) -> Iterator[Fact]:
    """What drifted in a window, in its own units, and which features are no evidence."""
    document = of_verdict(verdict).document
    for one in verdict.features:
        if not one.drifted:
            continue
        sure = "" if one.p is None else f", by chance in {one.p:.1g} of windows"
        size = "" if one.effect is None else f", as easily seen as a shift of {one.effect:.2g} sd"
        used = "" if one.importance is None else f"; {one.importance:.0%} of what the model uses"
        alone = "" if one.matters else f"; {_ASKS_NOBODY.get(one.role, _UNUSED)}"
        yield Fact(
            f"{one.name}: {one.told or 'drifted'} ({one.method}{size}{sure}){used}{alone}", document
        )
    if more := len(verdict.drifted_features) - sum(one.drifted for one in verdict.features):
        yield Fact(f"{more} more drifted and are looked at after these", document)
    if verdict.reference != "training":
        told = verdict.fell_back or "what was served before"
        yield Fact(f"compared with a {verdict.reference} reference: {told}", document)
    if verdict.passed_over:
        told = "; ".join(f"{name}: {why}" for name, why in sorted(verdict.passed_over.items()))
        yield Fact(f"no evidence of drift: {told}", document)


def named(features: Sequence[str]) -> str:
    """The first of the names, and how many more there are."""
    more = len(features) - _MOST_NAMES
    return ", ".join(features[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def word(verdict: Verdict) -> str:
    """The verdict itself."""
    if verdict.undetermined:
        return "undetermined"
    if isinstance(verdict, PerformanceVerdict):
        return "degraded" if verdict.degraded else "as expected"
    return "sustained" if verdict.sustained else "drifted" if verdict.drifted else "none"
