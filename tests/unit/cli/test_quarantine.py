"""Rows that were not let in are looked at, corrected and put back; the guide shows it on a real
mistake, and is followed here command by command.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from typer.testing import CliRunner

import cli.connection
from cli.app import app
from cli.connection import ROOT, Connection
from cli.quarantine import replay
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from tests.accounts import CREDENTIALS
from tests.builders import REPOSITORY, csv_bytes, flights, plane
from tests.unit.cli.quarantine_world import Deployment
from tests.unit.data.world import World

GUIDE = (ROOT / "docs/guides/quarantine.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ (.*)\n([^`]*)```", GUIDE)
KEY = "flights/flights/april.csv"


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        found = Deployment()
        monkeypatch.setattr(cli.connection, "connect", Connection)
        monkeypatch.setattr(replay, "sleep", found.work)
        yield found


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["quarantine", *arguments, "-e", "dev"], env={"COLUMNS": "120"})
    # The functions, which work meanwhile in the same process, write their metrics there too.
    lines = done.output.splitlines(keepends=True)
    return done.exit_code, "".join(line for line in lines if not line.startswith('{"_aws"'))


def april() -> bytes:
    """40 flights; of 3 the origin is spelled out, and one leaves from an airport that is new."""
    rows = flights(40)
    for row in rows[3:6]:
        row["origin"] = "Newark"
    rows[20]["origin"] = "PHL"
    return csv_bytes(rows)


def with_origins(names: str) -> Problem:
    text = (REPOSITORY / "flights" / "problem.yaml").read_text()
    return parse_problem(text.replace("[EWR, JFK, LGA]", names))


def edit(file: Path, script: str) -> None:
    """What sed does by the two scripts of the guide."""
    command, old, new, *_ = script.split("/")
    lines = file.read_text().splitlines(keepends=True)
    if command == "s":
        file.write_text("".join(line.replace(old, new) for line in lines))
    else:
        assert (command, new) == ("", "d")
        file.write_text("".join(line for line in lines if old not in line))


def valid_rows(world: World) -> int:
    return sum(record.valid_rows for record in world.ledger.active("flights", "flights"))


def test_the_guide_is_followed(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert deployment.land(KEY, april()) == "validated"
    assert valid_rows(deployment) == 36
    for command, lines in EXAMPLES:
        program, *arguments = shlex.split(command)
        if program == "sed":
            edit(tmp_path / arguments[-1], arguments[1])
            continue
        if arguments[0] == "deploy":
            deployment.deploy(with_origins("[EWR, JFK, LGA, PHL]"))
            continue
        assert (program, arguments[0]) == ("./ghosteam", "quarantine")
        code, output = run(*arguments[1:])
        assert code == 0, output
        said = {line.rstrip() for line in output.splitlines()}
        assert {line.rstrip() for line in lines.splitlines()} <= said | {""}, output
    assert valid_rows(deployment) == 40
    assert json.loads(run("list", "flights", "--json")[1]) == []


def test_a_corrected_file_lands_once_however_often_it_is_replayed(
    deployment: Deployment, tmp_path: Path
) -> None:
    deployment.land(KEY, april())
    file = tmp_path / "rows.csv"
    assert run("export", "flights", KEY, "--to", str(file))[0] == 0
    file.write_text(file.read_text().replace("Newark", "EWR").replace("PHL", "JFK"))
    told = [
        json.loads(run("replay", "flights", KEY, "--file", str(file), "--json")[1]) for _ in "ab"
    ]
    assert [one.pop("landed") for one in told] == [True, False]
    assert told[0] == told[1]
    assert (told[0]["status"], told[0]["rows"], told[0]["quarantined_rows"]) == ("validated", 4, 0)
    assert valid_rows(deployment) == 40
    [entry] = json.loads(run("list", "flights", "--all", "--json")[1])
    assert (entry["standing"], entry["replayed_at"]) == ("replayed", told[0]["key"])


@pytest.mark.parametrize("form", ["csv", "jsonl", "semicolons"])
def test_corrected_rows_say_the_same_in_every_form_that_a_program_saves(
    deployment: Deployment, tmp_path: Path, form: str
) -> None:
    rows = flights(12, dep_delay=1.5)
    rows[0] |= {"origin": "Newark", "tailnum": None, "dest": 'Zoë, "quoted"\nand more'}
    deployment.land(KEY, csv_bytes(rows))
    file = tmp_path / f"rows.{'jsonl' if form == 'jsonl' else 'csv'}"
    run("export", "flights", KEY, "--to", str(file))
    text = file.read_text().replace("Newark", "EWR")
    if form == "semicolons":
        written = io.StringIO()
        for cells in csv.reader(io.StringIO(text, newline="")):
            cells = [c.replace(".", ",") if re.fullmatch(r"\d+\.\d", c) else c for c in cells]
            csv.writer(written, delimiter=";").writerow(cells)
        text = written.getvalue()
    file.write_text(text)
    told = json.loads(run("replay", "flights", KEY, "--file", str(file), "--json")[1])
    assert (told["status"], told["rows"], told["quarantined_rows"]) == ("validated", 1, 0)
    assert valid_rows(deployment) == 12


def test_rows_that_still_break_the_contract_are_quarantined_again(
    deployment: Deployment, tmp_path: Path
) -> None:
    deployment.land(KEY, april())
    file = tmp_path / "rows.csv"
    run("export", "flights", KEY, "--to", str(file))
    file.write_text(file.read_text().replace("Newark", "EWR"))
    code, output = run("replay", "flights", KEY, "--file", str(file))
    assert code == 0
    assert "3 of 4 rows keep the contract, 1 do not" in output
    [entry] = json.loads(run("list", "flights", "--json")[1])
    assert (entry["quarantined_rows"], entry["standing"]) == (1, "open")
    assert entry["key"].startswith("flights/flights/quarantine-")


def test_rows_are_judged_again_by_a_contract_that_is_another(deployment: Deployment) -> None:
    deployment.land(KEY, april())
    code, output = run("replay", "flights", KEY)
    assert code == 1
    assert "was judged by the contract that is in force" in output
    deployment.deploy(with_origins("[EWR, JFK, LGA, PHL]"))
    told = json.loads(run("replay", "flights", KEY, "--json")[1])
    assert (told["rows"], told["quarantined_rows"]) == (40, 3)
    assert valid_rows(deployment) == 37


def test_what_is_discarded_is_listed_no_more_and_other_rows_of_the_batch_are(
    deployment: Deployment,
) -> None:
    deployment.land(KEY, april())
    code, output = run("discard", "flights", KEY)
    assert code == 1 and "Nothing was discarded" in output
    for _ in "ab":
        assert run("discard", "flights", KEY, "--yes")[0] == 0
    assert json.loads(run("list", "flights", "--json")[1]) == []
    deployment.deploy(with_origins("[EWR, JFK, LGA, PHL]"))
    deployment.work(0)
    assert json.loads(run("list", "flights", "--json")[1]) == []
    deployment.deploy(with_origins("[JFK, LGA, PHL, Newark]"))
    deployment.work(0)
    [entry] = json.loads(run("list", "flights", "--json")[1])
    assert entry["quarantined_rows"] == 36


def test_a_newer_version_of_the_file_settles_the_quarantine_of_the_one_before(
    deployment: Deployment,
) -> None:
    deployment.land(KEY, april())
    deployment.land(KEY, csv_bytes(flights(40)))
    assert json.loads(run("list", "flights", "--json")[1]) == []
    [entry] = json.loads(run("list", "flights", "--all", "--json")[1])
    assert entry["standing"] == "superseded"


def test_a_file_that_was_refused_whole_is_listed_with_its_reason(
    deployment: Deployment, tmp_path: Path
) -> None:
    deployment.land(KEY, b"year,month\n2013,1\n")
    [entry] = json.loads(run("list", "flights", "--json")[1])
    assert entry["status"] == "rejected"
    assert "Required columns are missing" in entry["rejection"]["message"]
    code, output = run("export", "flights", KEY, "--to", str(tmp_path / "rows.csv"))
    assert code == 1 and "Required columns are missing" in output
    assert run("replay", "flights", KEY)[0] == 1
    assert run("show", "flights", KEY)[0] == 0


def test_a_batch_that_breaks_the_contract_too_often_is_exported_as_well(
    deployment: Deployment, tmp_path: Path
) -> None:
    assert deployment.land(KEY, csv_bytes(flights(20, origin="Newark"))) == "rejected"
    file = tmp_path / "rows.csv"
    assert run("export", "flights", KEY, "--to", str(file))[0] == 0
    file.write_text(file.read_text().replace("Newark", "EWR"))
    told = json.loads(run("replay", "flights", KEY, "--file", str(file), "--json")[1])
    assert (told["status"], told["rows"]) == ("validated", 20)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("flights/flights/none.csv", "0 batches are called"),
        ("0123", "0 batches are called"),
        ("flights/planes/a.csv", "Nothing of flights/planes/a.csv is in quarantine"),
    ],
)
def test_a_batch_that_cannot_be_told_is_an_error(
    deployment: Deployment, named: str, message: str
) -> None:
    deployment.land("flights/planes/a.csv", csv_bytes([plane()]))
    code, output = run("show", "flights", named)
    assert code == 1
    assert message in output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'year,month\n2013,"1"x\n', "The line is not CSV"),
        (b"", "no rows"),
        (None, "There is no such file"),
    ],
)
def test_a_corrected_file_that_cannot_be_read_lands_nothing(
    deployment: Deployment, tmp_path: Path, content: bytes | None, message: str
) -> None:
    deployment.land(KEY, april())
    file = tmp_path / "rows.csv"
    if content is not None:
        file.write_bytes(content)
    code, output = run("replay", "flights", KEY, "--file", str(file))
    assert code == 1
    assert message in output
    assert [one["standing"] for one in json.loads(run("list", "flights", "--json")[1])] == ["open"]


def test_values_of_private_columns_are_not_shown(deployment: Deployment) -> None:
    text = (REPOSITORY / "flights" / "problem.yaml").read_text()
    private = "tailnum: {type: string, private: true, nullable"
    deployment.deploy(parse_problem(text.replace("tailnum: {type: string, nullable", private)))
    deployment.land(KEY, april())
    told = json.loads(run("show", "flights", KEY, "--json")[1])
    assert {row["values"]["tailnum"] for row in told["first_rows"]} == {"(private)"}
    assert {row["values"]["origin"] for row in told["first_rows"]} == {"Newark", "PHL"}


def test_what_was_found_of_a_file_is_shown(deployment: Deployment) -> None:
    text = april().decode().replace(",", ";")
    assert deployment.land(KEY, ("about this file\n" + text).encode("utf-16")) == "validated"
    told = run("show", "flights", KEY)[1]
    assert "found in the file, and not declared: encoding 'utf-16', separator ';', skip 1" in told


@pytest.mark.parametrize("command", ["list", "show", "export", "replay", "discard"])
def test_each_command_explains_itself(command: str) -> None:
    done: Any = CliRunner().invoke(app, ["quarantine", command, "--help"])
    assert done.exit_code == 0
    assert "--json" in re.sub(r"\x1b\[[0-9;]*m", "", done.output)
