"""The page of a window. All that it says is in the verdict, so that it cannot say otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cli.data_report.html import Html, element, page, row, table
from cli.drift_report.read import WindowOnRecord
from cli.facts.fact import moment, texts
from cli.facts.verdicts import named, of_features, of_verdict, word
from ghosteam.documents.drift_verdict import DriftVerdict, FeatureMeasured

_REFERENCES = {
    "training": "what the model learned from",
    "seasonal": "windows of the same season that were served before",
    "rolling": "the windows that were served before",
}


def drift_page(found: WindowOnRecord) -> str:
    """Problem, window, model and verdict first; then what it is made of."""
    verdict = found.verdict
    reach = f"{moment(verdict.window_start)} to {moment(verdict.window_end)} UTC"
    return page(
        f"Drift of {found.problem}, {reach}",
        element("p", element("strong", said(verdict)), class_="bad" if verdict.sustained else None),
        element(
            "table",
            *(
                element("tr", element("th", name, scope="row"), element("td", value))
                for name, value in _facts(found, reach)
            ),
        ),
        *_features("What drifted", [one for one in verdict.features if one.drifted]),
        *_features("What did not", [one for one in verdict.features if not one.drifted]),
        *_left_out(verdict),
        *_passed_over(verdict),
        *_outcomes(found),
        *_before(found.before),
        *_evidently(found),
    )


def said(verdict: DriftVerdict) -> str:
    """The verdict in a sentence."""
    match word(verdict):
        case "undetermined":
            return f"Verdict: undetermined. {verdict.undetermined}"
        case "sustained":
            names = named(verdict.sustained_features)
            return (
                f"Verdict: sustained drift of {names}. It matters, and drifted in as many windows "
                "as watch.drift asks for: somebody is asked."
            )
        case "drifted":
            names = named(verdict.drifted_features)
            return f"Verdict: drift of {names}. It is not sustained: nobody is asked."
        case _:
            return "Verdict: no drift."


def _facts(found: WindowOnRecord, reach: str) -> Iterator[tuple[str, object]]:
    verdict = found.verdict
    yield "Problem", found.problem
    yield "Window", reach
    yield (
        "Model",
        "none serves" if verdict.model_version is None else (f"version {verdict.model_version}"),
    )
    yield "Rows", "not known" if verdict.rows is None else f"{verdict.rows:,}"
    fallback = f" {verdict.fell_back}." if verdict.fell_back else ""
    reference = "training" if verdict.fell_back else verdict.reference
    yield "Compared with", f"{_REFERENCES[reference]}.{fallback}"
    if verdict.share is not None:
        yield "Share of features that drifted", f"{verdict.share:.0%}"
    if verdict.damaged_records:
        yield "Records of the log that could not be read", f"{verdict.damaged_records:,}"
    if verdict.log_loss:
        yield "Lost by the log in those hours", f"{verdict.log_loss:.1%}"


def _features(title: str, features: Sequence[FeatureMeasured]) -> Iterator[Html]:
    if features:
        yield element("h2", title)
        heads = (
            "name",
            "what it is, and was (detector)",
            "seen as easily as a shift of (sd)",
            "by chance in one of (windows)",
            "of what the model uses",
            "can ask for somebody",
        )
        yield table(heads, map(_feature, features))


def _feature(one: FeatureMeasured) -> Html:
    told = f"{one.told} ({one.method})" if one.told else one.undetermined
    return row(
        one.name,
        told or "–",
        "–" if one.effect is None else f"{one.effect:.2g}",
        "–" if one.p is None else _windows(one.p),
        "not known" if one.importance is None else f"{one.importance:.0%}",
        "yes" if one.matters else "no",
    )


def _windows(p: float) -> str:
    """In one of how many windows chance alone gives as much."""
    return f"{1 / p:,.0f}" if p > 1e-6 else "over a million"


def _left_out(verdict: DriftVerdict) -> Iterator[Html]:
    if verdict.left_out:
        drifted = len(verdict.drifted_features) - sum(one.drifted for one in verdict.features)
        told = f"{verdict.left_out:,} more were looked at, and {drifted:,} of them drifted. "
        yield element("p", f"{told}They come after these, and the model uses them less.")


def _passed_over(verdict: DriftVerdict) -> Iterator[Html]:
    if verdict.passed_over:
        yield element("h2", "What is no evidence of drift, and why")
        rows = (row(name, why) for name, why in sorted(verdict.passed_over.items()))
        yield table(("name", "why"), rows)


def _outcomes(found: WindowOnRecord) -> Iterator[Html]:
    known = [one for one in (found.performance, found.outcomes) if one is not None]
    if known:
        yield element("h2", "Performance and outcomes of this window")
        lines = [of_verdict(one).text for one in known]
        if found.outcomes:
            lines += texts(of_features(found.outcomes))
        yield element("ul", *(element("li", line) for line in lines))


def _before(verdicts: Sequence[DriftVerdict]) -> Iterator[Html]:
    if verdicts:
        yield element("h2", "The windows before")
        yield table(
            ("window (UTC)", "model", "verdict", "drifted"),
            (
                row(
                    f"{moment(one.window_start)} to {moment(one.window_end)}",
                    one.model_version or "–",
                    word(one),
                    one.undetermined or ", ".join(one.drifted_features) or "–",
                )
                for one in reversed(verdicts)
            ),
        )


def _evidently(found: WindowOnRecord) -> Iterator[Html]:
    if found.evidently:
        yield element("h2", "Another look at the same window")
        yield element(
            "p",
            f"Evidently's report is at {found.evidently}. It judges by a rule of its own, column "
            "by column; where it says something else, the verdict is the one on this page.",
        )
