"""Data sets that are found through another's rows: what can be said, and what is wrong with the
rest.
"""

from __future__ import annotations

import pytest

from ghosteam.features.views import JoinStep, views_of
from ghosteam.problem import definition
from ghosteam.problem.differences import differences
from ghosteam.problem.hashes import contract_hash, training_hash
from ghosteam.problem.load import parse_problem
from tests.unit.problem.faults import faults_of

TEXT = """
version: 1
problem: cards
task: binary
entities: {card: [card]}
event_time: at
target: {name: fraud, expr: charged_back, known_at: event_time + 1d}
datasets:
  payments:
    role: events
    columns: {card: integer, at: timestamp, merchant: string, amount: number,
      charged_back: "boolean?"}
  merchants: {key: [merchant], static: true,
    columns: {merchant: string, home: "string?", branch: "string?", size: "integer?"}}
  regions:
    key: [region]
    static: true
    through: {region: merchants.home}
    columns: {region: string, risk: "number?", continent: "string?"}
  refunds: {role: facts, key: [merchant], time: at, columns: {merchant: string, at: timestamp}}
features:
  request: [amount]
  join: [regions.risk]
"""
THROUGH = "    through: {region: merchants.home}\n"
OF_MERCHANTS = "  merchants: {key: [merchant], static: true,"


def test_a_key_s_values_are_those_of_another_data_set_s_rows() -> None:
    problem = parse_problem(TEXT)
    merchants, regions = views_of(problem)
    assert (merchants.name, merchants.features) == ("merchants", {"home": "merchants__home"})
    assert regions.keys == regions.join_keys == ("merchants__home",)
    assert regions.through == {"merchants__home": JoinStep("merchants", "region")}
    assert regions.features == {"risk": "regions__risk"}
    assert problem.feature_names == ("amount", "regions__risk")
    assert problem.request_columns == ("card", "at", "amount", "merchant")
    assert problem.used_datasets == ("payments", "merchants", "regions")


def test_what_tells_a_key_is_looked_up_first_and_may_be_a_feature_too() -> None:
    text = TEXT.replace("[regions.risk]", "[regions.risk, merchants.size, merchants.home]")
    problem = parse_problem(text)
    merchants, _ = views_of(problem)
    assert set(merchants.features) == {"size", "home"}
    assert problem.feature_names[1:] == ("regions__risk", "merchants__size", "merchants__home")
    derived = "derived: [{name: risky, expr: regions.risk > merchants.size}]"
    problem = parse_problem(TEXT.replace("join: [regions.risk]", derived))
    assert [view.name for view in views_of(problem)] == ["merchants", "regions"]


def test_a_data_set_that_nothing_is_taken_from_asks_for_nothing() -> None:
    problem = parse_problem(TEXT.replace("  join: [regions.risk]\n", ""))
    assert not views_of(problem) and problem.used_datasets == ("payments",)


def test_a_key_may_be_of_the_event_and_of_another_row() -> None:
    text = TEXT.replace("key: [region]", "key: [card, region]").replace(
        "{region: string,", "{card: integer, region: string,"
    )
    assert views_of(parse_problem(text))[1].keys == ("card", "merchants__home")


@pytest.mark.parametrize(
    ("old", "new", "field", "says", "remedy"),
    [
        ("merchants.home", "merchant.home", "region", "not <dataset>.<column>", "merchants"),
        ("merchants.home", "merchants.hom", "region", "not <dataset>.<column>", "merchants"),
        ("merchants.home", "merchants", "region", "not <dataset>.<column>", "merchants"),
        ("merchants.home", "payments.merchant", "region", "of the events", "Leave it out"),
        ("merchants.home", "refunds.merchant", "region", "column of facts", "is looked up"),
        ("merchants.home", "merchants.size", "region", "no row would be found", "both as string"),
        ("merchants.home", "regions.continent", "region", "found through itself", "alone"),
    ],
)
def test_what_a_path_cannot_be_is_told_at_its_place(
    old: str, new: str, field: str, says: str, remedy: str
) -> None:
    [fault] = faults_of(TEXT, (old, new))
    assert fault.where["field"] == f"datasets.regions.through.{field}"
    assert fault.where["line"] == 18
    assert says in fault.message and remedy in str(fault.remedy)


def test_a_path_of_no_key_leaves_the_key_without_one() -> None:
    key, path = faults_of(TEXT, ("{region: merch", "{risk: merch"))
    assert "joined by 'region'" in key.message and "not among the key" in path.message


def test_a_missing_path_is_proposed_where_events_do_not_have_the_key() -> None:
    [fault] = faults_of(TEXT, (THROUGH, ""))
    assert "region: <dataset>.<column>" in str(fault.remedy)


def test_rows_that_are_found_through_each_other_are_found_by_nobody() -> None:
    circle = f"{OF_MERCHANTS} through: {{merchant: regions.continent}},"
    faults = faults_of(TEXT, (OF_MERCHANTS, circle))
    assert {str(fault.where["field"]) for fault in faults} == {
        "datasets.regions.through.region",
        "datasets.merchants.through.merchant",
    }
    for fault in faults:
        assert "through itself" in fault.message and "alone" in str(fault.remedy)


def test_there_is_one_step_more_and_no_third() -> None:
    third = (
        "  continents: {key: [continent], static: true, through: {continent: regions.continent},\n"
        "    columns: {continent: string, size: integer}}\n"
    )
    [fault] = faults_of(TEXT, ("  refunds:", f"{third}  refunds:"))
    assert fault.where["field"] == "datasets.continents.through.continent"
    assert "regions is found through merchants.home itself" in fault.message
    assert "Write the column continent into the rows of merchants" in str(fault.remedy)


@pytest.mark.parametrize("role", ["facts", "labels"])
def test_only_what_is_looked_up_is_found_through_others(role: str) -> None:
    counted = "columns: {merchant: string, at: timestamp}"
    through = "through: {merchant: merchants.home}, "
    changes = [(counted, through + counted)]
    if role == "labels":
        told = "role: labels, of: payments, "
        changes.append(("role: facts, key: [merchant], time: at, ", told))
    faults = faults_of(TEXT, *changes)
    assert any("through" in fault.message for fault in faults)


def test_a_path_is_named_once_in_a_key() -> None:
    [fault] = faults_of(
        TEXT,
        ("key: [region]", "key: [region, twin]"),
        ("{region: merchants.home}", "{region: merchants.home, twin: merchants.home}"),
        ("{region: string,", "{region: string, twin: string,"),
    )
    assert fault.where["field"] == "datasets.regions.through"


def test_what_is_looked_up_for_a_key_is_called_as_nothing_else() -> None:
    derived = "  derived: [{name: merchants__home, expr: amount}]\n  join: [regions.risk]\n"
    [fault] = faults_of(TEXT, ("  join: [regions.risk]\n", derived))
    assert fault.where["field"] == "features.derived.0.name"


def test_events_without_a_time_find_static_rows_alone() -> None:
    timed = TEXT.replace(OF_MERCHANTS, "  merchants: {key: [merchant], time: day, every: 1d,")
    timed = timed.replace("{merchant: string, home", "{merchant: string, day: timestamp, home")
    parse_problem(timed)
    faults = faults_of(
        timed,
        ("event_time: at", "event_time: none"),
        (", known_at: event_time + 1d", ""),
        ("    role: events\n", "    role: events\n    id: [card]\n"),
    )
    [fault] = [one for one in faults if "looked up by an event's time" in one.message]
    assert fault.where["field"] == "datasets.regions.through.region"


def test_another_path_is_another_definition_with_other_rows_and_models() -> None:
    before = parse_problem(TEXT)
    after = parse_problem(TEXT.replace("merchants.home", "merchants.branch"))
    old, new = ({view.name: view.version for view in views_of(p)} for p in (before, after))
    assert old["merchants"] != new["merchants"] and old["regions"] != new["regions"]
    assert training_hash(before) != training_hash(after)
    assert contract_hash(before, "regions", "") == contract_hash(after, "regions", "")
    assert differences(before, after) == (
        "datasets.regions.through.region: merchants.home is now merchants.branch",
    )
    assert definition.read(definition.written(after)) == after
    plain = definition.written(
        parse_problem(
            TEXT.replace(THROUGH, "")
            .replace("regions.risk", "")
            .replace(
                "  regions:\n    key: [region]\n    static: true\n    columns: {region: string, "
                'risk: "number?", continent: "string?"}\n',
                "",
            )
            .replace("  join: []\n", "")
        )
    )
    assert "through" not in str(plain)
