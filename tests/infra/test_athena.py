"""Views as tables of Athena: nothing of them without the setting, and with it a table over the
folder where training runs publish each view, and a policy that lets whoever has it ask and read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import App

from ghosteam.documents import keys
from ghosteam.features.athena import database_name, table_columns
from ghosteam.features.views import views_of
from ghosteam.problem.load import load_problem, parse_problem
from infra.nag import ACCEPTED, ACCEPTED_OF_ATHENA
from infra.settings import ENVIRONMENTS, LONGEST_NAME, ROOT, EnvironmentSettings
from infra.stacks.features import Features
from infra.stacks.view_tables import check_tables
from tests.infra.data_stack import beside_foundation
from tests.infra.templates import Resource, Synthesized, as_list, text
from tests.infra.test_iam_actions import arn, formats, suits
from tests.infra.test_nag import findings
from tests.infra.test_template_lint import ACCEPTED as ACCEPTED_BY_LINT
from tests.infra.test_template_lint import lint, told

FLIGHTS = load_problem(ROOT / "feature_repo" / "flights")
ON = replace(ENVIRONMENTS["dev"], athena=True, athena_scan_gb=5)


def _made(temporary: pytest.TempPathFactory, settings: EnvironmentSettings) -> Synthesized:
    def features(app: App, **common: Any) -> None:
        Features(app, "Test-Features", problems={"flights": FLIGHTS}, **common)

    return beside_foundation(temporary, settings, features)


@pytest.fixture(scope="module")
def athena(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return _made(tmp_path_factory, ON)


def _policy(athena: Synthesized) -> Resource:
    [policy] = athena.of("AWS::IAM::ManagedPolicy")
    return policy


def _may(athena: Synthesized) -> dict[str, list[str]]:
    """Resources of each action, as text."""
    found: dict[str, list[str]] = {}
    for statement in _policy(athena).properties["PolicyDocument"]["Statement"]:
        for action in as_list(statement["Action"]):
            found.setdefault(action, []).extend(map(text, as_list(statement["Resource"])))
    return found


def test_without_the_setting_there_is_nothing_of_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    made = _made(tmp_path_factory, ENVIRONMENTS["dev"])
    kinds = {one.kind.split("::")[1] for one in made.resources}
    assert not kinds & {"Glue", "Athena"} and "AWS::IAM::ManagedPolicy" not in {
        one.kind for one in made.resources
    }
    assert not _rules(made)


def test_each_view_has_a_table_over_the_folder_of_its_rows(athena: Synthesized) -> None:
    tables = {one.properties["TableInput"]["Name"]: one for one in athena.of("AWS::Glue::Table")}
    assert tables.keys() == {view.name for view in views_of(FLIGHTS)} and len(tables) > 2
    sources = keys.feast_sources("flights")
    for view in views_of(FLIGHTS):
        table = tables[view.name].properties["TableInput"]
        described = table["StorageDescriptor"]
        columns = {one["Name"]: one["Type"] for one in described["Columns"]}
        assert columns == table_columns(FLIGHTS, view)
        folder = text(described["Location"]).partition(">/")[2]
        assert f"{folder}rows.parquet" == keys.rows_of_view(sources, view.name)
        assert described["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")
        assert table["TableType"] == "EXTERNAL_TABLE"
        assert tables[view.name].stack == "Tables-flights"
    [database] = athena.of("AWS::Glue::Database")
    assert database.properties["DatabaseInput"]["Name"] == "ghosteam_dev_offline_flights"
    assert {str(one.properties["DatabaseName"]) for one in tables.values()} == {
        str({"Ref": database.id})
    }


def test_queries_keep_within_what_the_workgroup_says(athena: Synthesized) -> None:
    [group] = athena.of("AWS::Athena::WorkGroup")
    settings = group.properties["WorkGroupConfiguration"]
    assert settings["EnforceWorkGroupConfiguration"] is True
    assert settings["BytesScannedCutoffPerQuery"] == 5_000_000_000
    result = settings["ResultConfiguration"]
    assert text(result["OutputLocation"]).endswith(f">/{keys.ATHENA}")
    assert result["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"
    assert athena.is_our_key(result["EncryptionConfiguration"]["KmsKey"])
    assert group.properties["RecursiveDeleteOption"] is True


def test_what_queries_found_is_gone_after_a_day(athena: Synthesized) -> None:
    [rule] = _rules(athena)
    assert rule["ExpirationInDays"] == 1
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_whoever_may_ask_reads_rows_of_views_and_writes_results_and_nothing_else(
    athena: Synthesized,
) -> None:
    may = _may(athena)
    assert not [action for action in may if "*" in action]
    written = [resource.partition(">/")[2] for resource in may["s3:PutObject"]]
    read = [resource.partition(">/")[2] for resource in may["s3:GetObject"]]
    assert written == ["athena/*"] and sorted(read) == ["athena/*", "feast/*/sources/*"]
    assert {action for action in may if action.startswith("glue:")} == {
        "glue:GetDatabase",
        "glue:GetTable",
        "glue:GetTables",
    }
    [group] = may["athena:StartQueryExecution"]
    assert group.endswith("workgroup/ghosteam-dev")
    tables = [one for one in may["glue:GetTable"] if ":table/" in one]
    assert [one.rpartition(":")[2] for one in tables] == ["table/ghosteam_dev_offline_*/*"]
    assert not _policy(athena).properties.keys() & {"Roles", "Users", "Groups"}


def test_no_environments_databases_begin_as_anothers() -> None:
    names = [replace(ON, name=name).offline_prefix + "_" for name in ("dev", "dev-offline", "d")]
    assert not [(a, b) for a in names for b in names if a != b and b.startswith(a)]
    longest = replace(ON, name="e" * LONGEST_NAME).offline_prefix
    assert len(database_name(longest, "p" * 31)) <= 255


def test_every_action_exists_and_suits_its_resources(athena: Synthesized) -> None:
    policy = _policy(athena)
    for statement in policy.properties["PolicyDocument"]["Statement"]:
        found = [arn(athena, policy.stack, one) for one in as_list(statement["Resource"])]
        for action in as_list(statement["Action"]):
            for resource in found:
                assert any(suits(resource, one) for one in formats(action)), (action, resource)


def test_every_finding_of_cdk_nag_is_accepted_with_a_reason(athena: Synthesized) -> None:
    found = [one for one in findings(athena) if "/Athena/" in one[1] or "/Tables-" in one[1]]
    accepted = (*ACCEPTED, *ACCEPTED_OF_ATHENA)
    assert found
    assert not [one for one in found if not any(entry.accepts(*one) for entry in accepted)]
    assert all(any(entry.accepts(*one) for one in found) for entry in ACCEPTED_OF_ATHENA)


def test_cloudformation_would_take_the_templates(athena: Synthesized) -> None:
    found = lint(*sorted(athena.folder.glob("*Features*.template.json")))
    assert [told(one) for one in found if one.rule.id not in ACCEPTED_BY_LINT] == []


NAMED = """
version: 1
problem: trips
task: binary
entities: {{trip: [trip]}}
event_time: start
target: {{name: late, expr: delay > 5, known_at: event_time + 1h}}
datasets:
  trips: {{role: events, columns: {{trip: integer, start: timestamp, {key}: string,
    delay: "number?"}}}}
  buses: {{key: [{key}], static: true, columns: {{{key}: string, seats: integer}}}}
features: {{join: [buses.seats]}}
"""


@pytest.mark.parametrize("key", ["Bus", '"bus line"', "bús"])
def test_a_column_that_athena_cannot_call_so_is_refused_in_words(key: str) -> None:
    problems = {"trips": parse_problem(NAMED.format(key=key))}
    [fault] = check_tables(ON, problems)
    assert key.strip('"') in str(fault) and "from:" in fault.remedy
    assert list(check_tables(ENVIRONMENTS["dev"], problems)) == []


def test_more_tables_than_one_deployment_makes_are_refused_in_words() -> None:
    problem = parse_problem(NAMED.format(key="bus"))
    assert list(check_tables(ON, {f"p{n}": problem for n in range(1000)})) == []
    [fault] = check_tables(ON, {f"p{n}": problem for n in range(1001)})
    assert "1001 views" in str(fault) and "room for 999" in str(fault)


def _rules(made: Synthesized) -> list[dict[str, Any]]:
    """The rules that the bucket of artifacts has for what queries found."""
    return [
        rule
        for bucket in made.of("AWS::S3::Bucket")
        for rule in bucket.properties["LifecycleConfiguration"]["Rules"]
        if rule.get("Prefix") == keys.ATHENA
    ]
