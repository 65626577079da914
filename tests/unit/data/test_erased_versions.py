"""A version that went because of an erasure takes nothing back, whoever tells of it and when."""

from __future__ import annotations

from ghosteam.documents.landing import Held, Landing

OLD = Held("b1", "0A", "2024-01-01T00:00:00+00:00", "v1")
NEW = Held("b2", "0B", "2024-01-02T00:00:00+00:00", "v2")


def validated(_: str) -> bool:
    return True


def test_an_erased_version_counts_on() -> None:
    landing = Landing((NEW, OLD)).erasing(["v2"]).without_version("v2")
    assert landing.counting(validated) == NEW and landing.removed == ()


def test_a_version_that_its_owner_deletes_for_good_does_not() -> None:
    landing = Landing((NEW, OLD)).erasing(["v1"]).without_version("v2")
    assert landing.counting(validated) == OLD


def test_a_deletion_withdraws_an_erased_version_too() -> None:
    gone = Held(None, "0C", "2024-01-03T00:00:00+00:00", "v3")
    landing = Landing((NEW, OLD)).erasing(["v2"]).with_version(gone)
    assert landing.counting(validated) in (None, gone)


def test_only_versions_that_are_held_are_remembered() -> None:
    assert Landing((NEW,)).erasing(["v2", "v9"]).erased == ("v2",)
    assert Landing((NEW, OLD)).erasing(["v1"]).erasing(["v2"]).erased == ("v1", "v2")
