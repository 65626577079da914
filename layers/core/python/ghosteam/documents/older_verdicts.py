"""The steps of verdicts, which ``upgrades.py`` has in its order."""

from __future__ import annotations

from ghosteam.json_object import JsonObject


def distances_by_output(verdict: JsonObject) -> JsonObject:
    """A model had one output, its score."""
    distance = verdict.get("score_distance")
    return {"output_distances": {} if distance is None else {"score": distance}, **verdict}


def findings(verdict: JsonObject) -> JsonObject:
    """A feature had a distance and its threshold; outputs had distances that decided nothing, and
    any feature's drift asked for somebody.
    """

    def of(name: str, role: str, measured: JsonObject) -> JsonObject:
        distance, threshold = measured.get("distance"), measured.get("threshold")
        usual = "" if threshold is None else f", {threshold:.4g} was usual"
        missing = measured.get("null_rate")
        told = None if distance is None else f"distance {distance:.4g}{usual}"
        if missing is not None:
            rates = f"missing in {missing:.1%}, was {measured['reference_null_rate']:.1%}"
            told = f"{told}; {rates}" if told else rates
        unknown: JsonObject = dict.fromkeys(("p", "effect", "cumulated", "importance"))
        return {
            **unknown,
            "name": name,
            "role": role,
            "method": measured.get("method"),
            "statistic": distance,
            "told": told,
            "matters": role == "feature",
            "drifted": measured.get("drifted", False),
            "undetermined": measured.get("undetermined"),
        }

    features = [of(one["name"], "feature", one) for one in verdict.get("features", ())]
    outputs = [
        of(f"prediction {name}", "output", {"distance": distance})
        for name, distance in verdict.get("output_distances", {}).items()
    ]
    again = verdict.get("drifted_features", ()) if verdict.get("sustained") else ()
    return {**verdict, "features": [*features, *outputs], "sustained_features": again}


def of_the_training_data(verdict: JsonObject) -> JsonObject:
    """There was no other reference."""
    return {"reference": "training", "fell_back": None, **verdict}


def sums_by_name(verdict: JsonObject) -> JsonObject:
    """Each of the features had its cumulative sum, and all were told of."""
    features = verdict.get("features", ())
    sums = {one["name"]: one["cumulated"] for one in features if one.get("cumulated")}
    return {"cumulated": sums, **verdict}


def nothing_expected(verdict: JsonObject) -> JsonObject:
    """Nothing was expected of a window before its outcomes came."""
    return {"estimated": None, "estimate_error": None, **verdict}
