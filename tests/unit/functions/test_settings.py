"""A function is told what its step reads, and no more."""

from __future__ import annotations

import pytest

from infra.functions import FUNCTIONS
from tests import wired


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_told_what_it_reads_and_no_more(name: str) -> None:
    found = wired.function(name)
    assert found.declared == found.read - wired.TOLD_TO_ALL


@pytest.mark.parametrize("name", wired.jobs())
def test_a_job_is_told_what_it_or_the_function_of_the_same_step_reads(name: str) -> None:
    found = wired.jobs()[name]
    step = wired.function(name).read if name in FUNCTIONS else frozenset[str]()
    assert found.read - wired.TOLD_TO_ALL <= found.declared
    assert found.declared <= found.read | step


def test_all_functions_are_told_the_environment_alone() -> None:
    """By it metrics have their place and problems their overrides, see ``ghosteam.runtime``."""
    assert {"environment_name"} == wired.TOLD_TO_ALL
