from __future__ import annotations

from ghosteam.features.parity import parity_of


def test_equal_rows_match_and_nulls_equal_only_nulls() -> None:
    offline = [{"trip": 1, "temp": 3.0, "sky": None}, {"trip": 2, "temp": None, "sky": "grey"}]
    online = [{"temp": 3.0 + 1e-12, "sky": None}, {"temp": 0.0, "sky": "grey"}]
    parity = parity_of(offline, online, ["trip"])
    assert (parity.checked, parity.mismatches) == (2, 1)
    assert parity.examples == [
        {"row": {"trip": 2}, "feature": "temp", "offline": None, "online": 0.0}
    ]


def test_a_row_that_differs_twice_is_one_mismatch() -> None:
    parity = parity_of([{"trip": 1, "a": 1.0, "b": "x"}], [{"a": 2.0, "b": "y"}], ["trip"])
    assert parity.mismatches == 1
    assert [example["feature"] for example in parity.examples] == ["a", "b"]


def test_only_the_first_differences_are_shown() -> None:
    parity = parity_of([{"a": 1.0}] * 9, [{"a": 2.0}] * 9, [])
    assert (parity.mismatches, len(parity.examples)) == (9, 5)
