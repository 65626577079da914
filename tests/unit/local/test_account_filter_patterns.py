"""CloudWatch Logs filter patterns."""

import json

import pytest

from local.account.filter_patterns import UnsupportedPattern, compile_pattern

RECORD = json.dumps(
    {"kind": "prediction", "late": True, "score": 0.7, "who": {"ids": [3, 5]}, "none": None}
)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", True),
        ('{ $.kind = "prediction" }', True),
        ('{ $.kind = "label" }', False),
        ('{ $.kind != "label" }', True),
        ('{ $.absent != "label" }', False),
        ('{ $.kind = "pred*" }', True),
        ("{ $.kind = prediction }", True),
        ("{ $.score > 0.5 }", True),
        ("{ $.score <= 0.5 }", False),
        ("{ $.kind > 0.5 }", False),
        ("{ $.who.ids[1] = 5 }", True),
        ("{ $.who.ids[7] = 5 }", False),
        ("{ $.late IS TRUE }", True),
        ("{ $.late IS FALSE }", False),
        ("{ $.none IS NULL }", True),
        ("{ $.absent NOT EXISTS }", True),
        ("{ $.kind NOT EXISTS }", False),
        ('{ $.kind = "prediction" && $.score < 0.5 }', False),
        ('{ $.kind = "label" || $.score > 0.5 }', True),
        ('{ ($.kind = "label" || $.late IS TRUE) && $.score > 0.5 }', True),
        ("prediction score", True),
        ("prediction label", False),
        ('"score\\": 0.7"', True),
        ("prediction -label", True),
        ("prediction -score", False),
        ("?label ?score", True),
        ("?label ?other", False),
    ],
)
def test_a_pattern_matches_what_cloudwatch_matches(pattern: str, expected: bool) -> None:
    assert compile_pattern(pattern)(RECORD) is expected


def test_a_json_pattern_does_not_match_text() -> None:
    assert compile_pattern("{ $.kind NOT EXISTS }")("START RequestId: 1") is False


@pytest.mark.parametrize(
    "pattern",
    [
        "[ip, user, status = 4*]",
        "%error|fail%",
        "{ $.kind }",
        '{ $.kind = "a"',
        "{ $.kind ~ 3 }",
        '{ $.kind > "a" }',
        '{ $.* = "a" }',
        '{ $.a = "b" && }',
        '{ ($.a = "b" }',
        '{ $.a = "b" $.c = "d" }',
        "{ $.a IS MAYBE }",
    ],
)
def test_a_pattern_outside_the_subset_is_refused(pattern: str) -> None:
    with pytest.raises(UnsupportedPattern, match="filter pattern"):
        compile_pattern(pattern)
