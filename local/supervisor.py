"""Start and stop the embedded account and its MLflow server, and describe them to clients.

Two processes, each leader of its own session: the account (the emulator's environment) and MLflow
(the development environment). What they are is written to `<state>/account.json`; `down` ends both
sessions and checks that nothing is left. Standard library only.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.processes import Process, StartFailed, members, send, start

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
ACCOUNT_ID = "000000000000"
DEFAULT_PORT = 4566
API_PORT = 4500
MLFLOW_PORT = 5000
START_LIMIT = 90.0  # seconds for both processes to answer
STOP_LIMIT = 10.0  # seconds between SIGTERM and SIGKILL
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Account:
    """A started embedded account. `environment` is what a client process needs, as variables;
    `api_url` is the plain address of its HTTP API.
    """

    endpoint: str
    mlflow_url: str
    region: str
    account_id: str
    state_dir: str
    processes: dict[str, Process]
    environment: dict[str, str]
    api_url: str = ""

    @property
    def is_running(self) -> bool:
        """Whether all its processes run."""
        return all(process.is_running for process in self.processes.values())


def default_state_dir() -> Path:
    """`.ghosteam/local` of this checkout."""
    return ROOT / ".ghosteam" / "local"


def describe(state_dir: Path) -> Account | None:
    """The account that `up` wrote down there, running or not; None when there is none."""
    path = state_dir / "account.json"
    if not path.exists():
        return None
    document = json.loads(path.read_text())
    document["processes"] = {
        name: Process(**process) for name, process in document["processes"].items()
    }
    return Account(**document)


def up(
    state_dir: Path | None = None,
    *,
    port: int = DEFAULT_PORT,
    images: dict[str, dict[str, Any]] | None = None,
    with_mlflow: bool = True,
    progress: Progress = lambda message: None,
) -> Account:
    """The running account of this state directory, started when it is not. Raises StartFailed.

    The account begins empty each time it starts. `images` maps a container image's name to the
    command and environment that stand for it; the project's own by default. A taken `port` is
    replaced by a free one, and with port 0 both servers get some free port, so that several
    accounts can start at once.
    """
    state = (state_dir or default_state_dir()).resolve()
    known = describe(state)
    if known is not None:
        if known.is_running:
            progress(f"already running at {known.endpoint}")
            return known
        log = Path(next(iter(known.processes.values())).log)
        progress(
            f"the account at {known.endpoint} did not end by 'down': it was killed, or the machine "
            "was restarted; what it held "
            f"(buckets, tables, models, runs) is lost, and its log stays in {log}.1"
        )
        down(state, progress=progress)
    work = state / "run"
    _remove(work, progress)
    (work / "tmp").mkdir(parents=True)
    (work / "images.json").write_text(json.dumps(images or project_images(), indent=2))
    ports = {"account": port, "api": API_PORT, **({"mlflow": MLFLOW_PORT} if with_mlflow else {})}
    account = _plan(state, work, _free_ports(ports if port else dict.fromkeys(ports, 0)))
    try:
        _wait_until_healthy(account, progress)
    except BaseException:
        down(state)
        raise
    return account


def down(state_dir: Path | None = None, *, progress: Progress = lambda message: None) -> list[int]:
    """Stop the account of this state directory, if it runs. The ids of the processes ended; nothing
    of it is left.
    """
    state = (state_dir or default_state_dir()).resolve()
    known = describe(state)
    if known and known.is_running:
        progress(f"stopping the account at {known.endpoint}")
    sessions = (
        {process.pid for process in known.processes.values() if process.is_running}
        if known
        else set()
    )
    ended = members(sessions, state)
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for pid in members(sessions, state):
            send(pid, sign)
        deadline = time.monotonic() + STOP_LIMIT
        while members(sessions, state) and time.monotonic() < deadline:
            time.sleep(0.05)
    if left := members(sessions, state):
        raise RuntimeError(
            f"processes {sorted(left)} of the embedded account do not end; end them by hand"
        )
    (state / "account.json").unlink(missing_ok=True)
    _remove(state / "run", progress)
    return sorted(ended)


def project_images() -> dict[str, dict[str, Any]]:
    """What stands for the project's container images: an environment's Python with the images'
    entry point.
    """
    entry_point = str(ROOT / "training_jobs" / "entrypoint.py")
    variables = {"PYTHONPATH": str(ROOT / "layers" / "core" / "python")}
    environments = {"ghosteam-jobs": "job", "ghosteam-expectations": "expectations"}
    return {
        image: {"command": [str(_python(name)), entry_point], "env": variables}
        for image, name in environments.items()
    }


def _python(environment: str) -> Path:
    """The interpreter of one of the project's environments, made by the start script."""
    return ROOT / ".ghosteam" / "env" / environment / "bin" / "python"


def _plan(state: Path, work: Path, ports: dict[str, int]) -> Account:
    """Start the processes and write the descriptor."""
    endpoint, api_url, mlflow_url = (
        f"http://127.0.0.1:{ports[name]}" if name in ports else ""
        for name in ("account", "api", "mlflow")
    )
    processes = {"account": start("account", [_python("emulator"), "-m", "local.account"], state, {
        "GATEWAY_PORT": str(ports["account"]),
        "GHOSTEAM_API_PORT": str(ports["api"]),
        "BIND_HOST": "127.0.0.1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "GHOSTEAM_IMAGES": str(work / "images.json"),
        "GHOSTEAM_LAMBDA_ENV": json.dumps(_platform(endpoint, mlflow_url)),
        "GHOSTEAM_JOB_ENV": json.dumps(_platform(endpoint, mlflow_url)),
    })}  # fmt: skip
    if "mlflow" in ports:
        leader = processes["account"]
        command = [
            _python("dev"),
            ROOT / "local" / "companion.py",
            str(leader.pid),
            *_mlflow_command(work, ports["mlflow"]),
        ]
        processes["mlflow"] = start("mlflow", command, state, {
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "PATH": f"{_python('dev').parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        })  # fmt: skip
    account = Account(
        endpoint=endpoint,
        api_url=api_url,
        mlflow_url=mlflow_url,
        region=REGION,
        account_id=ACCOUNT_ID,
        state_dir=str(state),
        processes=processes,
        environment={
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "GHOSTEAM_API_URL": api_url,
            **_platform(endpoint, mlflow_url),
            **({"MLFLOW_TRACKING_URI": mlflow_url} if mlflow_url else {}),
        },
    )
    (state / "account.json").write_text(json.dumps(asdict(account), indent=2) + "\n")
    return account


def _platform(endpoint: str, mlflow_url: str) -> dict[str, str]:
    """Variables that lead libraries to this account where AWS's own endpoint variable does not."""
    variables = {
        "AWS_ENDPOINT_URL_S3": endpoint,
        # Polars and other users of the Rust object store refuse plain HTTP otherwise.
        "AWS_ALLOW_HTTP": "true",
        "FEAST_S3_ENDPOINT_URL": endpoint,
    }
    # Leads the managed MLflow's client, which is given an app's ARN, to the server here.
    return (
        {**variables, "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT": mlflow_url} if mlflow_url else variables
    )


def _mlflow_command(work: Path, port: int) -> list[str | Path]:
    store = work / "mlflow"
    store.mkdir()
    return [
        _python("dev"), "-m", "mlflow", "server",
        "--backend-store-uri", f"sqlite:///{store / 'mlflow.db'}",
        "--artifacts-destination", str(store / "artifacts"), "--serve-artifacts",
        "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
    ]  # fmt: skip


def _remove(work: Path, progress: Progress) -> None:
    """Remove a run folder, which may hold gigabytes, saying what goes."""
    for part in sorted(work.iterdir()) if work.is_dir() else []:
        progress(f"removing {part.name} of the account that was")
        if part.is_dir() and not part.is_symlink():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)
    shutil.rmtree(work, ignore_errors=True)


def _wait_until_healthy(account: Account, progress: Progress) -> None:
    checks = {"account": f"{account.endpoint}/_ministack/health"}
    if account.mlflow_url:
        checks["mlflow"] = f"{account.mlflow_url}/health"
    began = time.monotonic()
    while checks:
        for name, url in list(checks.items()):
            process = account.processes[name]
            # Another server may answer on the port that this process failed to get.
            if process.is_running and _answers(url):
                progress(
                    f"{name} is up at {url.rsplit('/', 1)[0]} after {time.monotonic() - began:.1f} "
                    "s"
                )
                del checks[name]
            elif not process.is_running or time.monotonic() - began > START_LIMIT:
                tail = "\n".join(Path(process.log).read_text(errors="replace").splitlines()[-15:])
                how = "does not answer" if process.is_running else "ended"
                raise StartFailed(
                    f"{name} {how} after {time.monotonic() - began:.0f} s; {process.log} ends "
                    f"with:\n{tail}"
                )
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_ports(wanted: dict[str, int]) -> dict[str, int]:
    """For each name the wanted port, or another one where it is taken or 0; all of them differ."""
    with contextlib.ExitStack() as held:
        found = {}
        for name, preferred in wanted.items():
            probe = held.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", preferred))
            except OSError:
                probe.bind(("127.0.0.1", 0))
            found[name] = int(probe.getsockname()[1])
        return found
