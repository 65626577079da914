"""Starting and stopping the embedded account."""

import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local import supervisor
from local.cli import app
from local.processes import keep_old
from tests.local.conftest import EmbeddedAccount, eventually

pytestmark = pytest.mark.local

SLEEPER = "import time\ndef handler(event, context): time.sleep(60)\n"


def processes_of(state: Path) -> set[int]:
    """Every live process that belongs to an account, and every descendant of one."""
    found = set()
    mark = str(state).encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                text = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
                ended = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
            except OSError:
                continue
            if mark in text and not ended:
                found.add(int(entry.name))
    return found


def busy_account(state: Path) -> supervisor.Account:
    """A started account with a function in the middle of an invocation."""
    account = supervisor.up(state, port=0, with_mlflow=False)
    embedded = EmbeddedAccount(account)
    embedded.function("sleeper", SLEEPER, Timeout=120)
    embedded.client("lambda").invoke(FunctionName="sleeper", InvocationType="Event")
    eventually(lambda: len(processes_of(state)) > 1)
    return account


def test_down_leaves_no_process_and_up_and_down_can_be_repeated(tmp_path: Path) -> None:
    first = busy_account(tmp_path)
    assert supervisor.up(tmp_path, with_mlflow=False) == first
    assert len(supervisor.down(tmp_path)) > 1
    assert processes_of(tmp_path) == set()
    assert supervisor.describe(tmp_path) is None
    assert supervisor.down(tmp_path) == []
    second = supervisor.up(tmp_path, port=0, with_mlflow=False)
    try:
        assert EmbeddedAccount(second).client("lambda").list_functions()["Functions"] == []
    finally:
        supervisor.down(tmp_path)


def test_functions_die_with_the_account_however_it_ends(tmp_path: Path) -> None:
    account = busy_account(tmp_path)
    try:
        os.kill(account.processes["account"].pid, signal.SIGKILL)
        eventually(lambda: processes_of(tmp_path) == set(), within=5)
        eventually(lambda: not account.is_running)
    finally:
        supervisor.down(tmp_path)


def test_a_killed_account_takes_mlflow_with_it_and_up_says_what_is_lost_and_keeps_the_log(
    tmp_path: Path,
) -> None:
    account = supervisor.up(tmp_path, port=0)
    log = Path(account.processes["account"].log)
    try:
        with log.open("a") as stream:
            stream.write("the last words\n")
        os.kill(account.processes["account"].pid, signal.SIGKILL)
        eventually(lambda: processes_of(tmp_path) == set(), within=15)
        told: list[str] = []
        supervisor.up(tmp_path, port=0, with_mlflow=False, progress=told.append)
        assert "was killed" in told[0] and "is lost" in told[0]
        assert f"{log}.1" in told[0]
        assert "the last words" in Path(f"{log}.1").read_text()
        assert "the last words" not in log.read_text()
        assert any(line.startswith("removing ") for line in told)
    finally:
        supervisor.down(tmp_path)


def test_logs_of_the_last_accounts_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "account.log"
    for number in range(6):
        keep_old(log)
        log.write_text(str(number))
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept == {
        "account.log": "5",
        "account.log.1": "4",
        "account.log.2": "3",
        "account.log.3": "2",
    }


def test_another_process_with_a_recorded_id_is_left_alone(tmp_path: Path) -> None:
    bystander = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        account = supervisor.up(tmp_path, port=0, with_mlflow=False)
        supervisor.down(tmp_path)
        stale = (account.processes["account"].pid, bystander.pid)
        document = (
            '{"processes": {"account": {"pid": %d, "started": 1, "log": ""}}, "endpoint": "",'
        )
        document += '"mlflow_url": "", "region": "", "account_id": "", "state_dir": "", '
        document += '"environment": {}}'
        (tmp_path / "account.json").write_text(document % stale[1])
        assert supervisor.down(tmp_path) == []
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_taken_port_is_replaced_and_two_accounts_live_side_by_side(
    embedded_account: EmbeddedAccount, tmp_path: Path
) -> None:
    taken = int(embedded_account.descriptor.endpoint.rsplit(":", 1)[1])
    other = supervisor.up(tmp_path, port=taken, with_mlflow=False)
    try:
        assert other.endpoint != embedded_account.descriptor.endpoint
        EmbeddedAccount(other).client("s3").create_bucket(Bucket="only-there")
        names = [
            bucket["Name"] for bucket in embedded_account.client("s3").list_buckets()["Buckets"]
        ]
        assert "only-there" not in names
    finally:
        supervisor.down(tmp_path)


def test_a_start_that_fails_says_where_its_log_is_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_python", lambda environment: Path("/bin/false"))
    with pytest.raises(supervisor.StartFailed, match=r"account ended.*account\.log"):
        supervisor.up(tmp_path / "state", port=0, with_mlflow=False)
    assert processes_of(tmp_path / "state") == set()
    assert supervisor.describe(tmp_path / "state") is None


def test_the_commands_start_describe_and_stop_account_and_mlflow(tmp_path: Path) -> None:
    runner, state = CliRunner(), ["--state-dir", str(tmp_path)]
    assert runner.invoke(app, ["status", *state]).exit_code == 1
    started = runner.invoke(app, ["up", "--port", "0", *state])
    assert started.exit_code == 0, started.output
    try:
        account = supervisor.describe(tmp_path)
        assert account is not None
        with urllib.request.urlopen(f"{account.mlflow_url}/version", timeout=10) as response:
            assert response.status == 200
        assert (
            f"export AWS_ENDPOINT_URL={account.endpoint}"
            in runner.invoke(app, ["env", *state]).output
        )
        assert account.endpoint in runner.invoke(app, ["status", *state]).output
        embedded = EmbeddedAccount(account)
        embedded.function("speaker", "def handler(event, context): print('spoken')\n")
        embedded.client("lambda").invoke(FunctionName="speaker")
        assert "/aws/lambda/speaker" in runner.invoke(app, ["logs", *state]).output
        assert "spoken" in runner.invoke(app, ["logs", "/aws/lambda/speaker", *state]).output
        assert runner.invoke(app, ["logs", "/nowhere", *state]).exit_code == 1
    finally:
        stopped = runner.invoke(app, ["down", *state])
    assert stopped.exit_code == 0
    assert processes_of(tmp_path) == set()


def test_a_missing_seam_refuses_to_start(tmp_path: Path) -> None:
    program = (
        "from ministack.services import cloudwatch\ndel cloudwatch._evaluate_alarm\n"
        "from local.account.__main__ import main\nraise SystemExit(main())\n"
    )
    began = time.monotonic()
    ended = subprocess.run(
        [str(supervisor.ROOT / ".ghosteam/env/emulator/bin/python"), "-c", program],
        cwd=supervisor.ROOT,
        env={
            "PATH": os.environ["PATH"],
            "TMPDIR": str(tmp_path),
            "GHOSTEAM_ACCOUNT_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 3
    assert (
        "ministack 1.5.33 expected: ministack.services.cloudwatch._evaluate_alarm missing"
        in ended.stderr
    )
    assert time.monotonic() - began < 60
