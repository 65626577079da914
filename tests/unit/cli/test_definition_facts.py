"""What is told of the folder that is in force."""

from __future__ import annotations

from cli.facts.definition import of_definition
from cli.facts.documents import ProblemDocuments
from cli.facts.fact import texts
from ghosteam.documents.published_definition import PublishedDefinition
from tests import documents


def test_a_change_whose_work_is_not_all_on_the_queues_says_what_is_left() -> None:
    published = PublishedDefinition(definition="0" * 64, code="", at=documents.DAY, told=True)
    found = ProblemDocuments("flights", published=published, rebuild=documents.rebuild())
    assert texts(of_definition(found)) == [
        "000000000000, in force since 2013-07-01 00:00",
        "a change is being carried out since 2013-07-01 00:00. Still to be put on the queues, as "
        "of 2013-07-01 00:00: validate flights, rebuild planes",
    ]
