"""The query that ``ghosteam features --sql`` prints, and where it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.athena_query import query_of
from ghosteam.errors import InvalidInput
from infra import settings
from infra.settings import ENVIRONMENTS


def test_an_environment_without_tables_is_told_how_to_get_them() -> None:
    with pytest.raises(InvalidInput, match=r"environment dev\). Set athena=True"):
        query_of("flights", "mine", "dev")


def test_the_query_names_the_tables_of_the_problem_and_what_events_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on = {"dev": replace(ENVIRONMENTS["dev"], athena=True)}
    monkeypatch.setattr(settings, "ENVIRONMENTS", on)
    sql = query_of("flights", "(SELECT * FROM mine)", "dev")
    assert 'JOIN "ghosteam_dev_offline_flights"."weather" AS known' in sql
    head = sql.partition("WITH ")[0]
    assert "ghosteam-dev" in head and "origin" in head and "event_time" in head
    assert "FROM (SELECT * FROM mine)\n" in sql
    with pytest.raises(InvalidInput, match="There is no problem"):
        query_of("nothing", "mine", "dev")
