"""Processes in place of containers: private directory, closed environment, streamed output, certain
death.

`/opt/ml` may not be writable here, so every container gets a private directory in its place, named
to it by `SAGEMAKER_BASE_DIR`. Paths under `/opt/ml` in arguments and variables are rewritten to
that directory.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

from ministack.core.concurrency import spawn_background
from ministack.core.responses import get_region

from local.account import children, identity
from local.account.sagemaker.images import Image
from local.account.sagemaker.logs import LogStream

_MOUNT = re.compile(r"(^|=|:|,)/opt/ml(?=/|$)")
_scratch = (
    Path(os.environ.get("GHOSTEAM_ACCOUNT_DIR") or tempfile.gettempdir())
    / f"sagemaker-{os.getpid()}"
)


class Container:
    """A directory, an environment and later a process.

    Args:
        image: what to run.
        role_arn: the role whose credentials the process gets.
        env: the variables that the job or model declares, over those of the image.
    """

    def __init__(self, image: Image, role_arn: str, env: dict[str, str]) -> None:
        _scratch.mkdir(parents=True, exist_ok=True)
        self.root = Path(tempfile.mkdtemp(dir=_scratch))
        (self.root / "tmp").mkdir()
        self._image = image
        self._env = {**_platform(self.root, image, role_arn), **image.env}
        self._env |= {key: self.inside(value) for key, value in env.items()}
        self._process: subprocess.Popen[bytes] | None = None
        self._output_done = threading.Event()

    def path(self, mounted: str) -> Path:
        """Where a path under `/opt/ml` is, for example `/opt/ml/processing/input`."""
        return Path(self.inside(mounted))

    def inside(self, text: str) -> str:
        """`text` with `/opt/ml` at the start of a path replaced."""
        return _MOUNT.sub(lambda found: f"{found[1]}{self.root}", text)

    def start(
        self, arguments: list[str], log: LogStream, entrypoint: list[str] | None = None
    ) -> None:
        """Run the image's command, or `entrypoint`, with `arguments`; output goes to `log` as it
        appears.
        """
        program = [self.inside(part) for part in entrypoint] if entrypoint else self._image.command
        if program[0] in ("python", "python3"):
            program = [self._image.python, *program[1:]]
        command = [*program, *(self.inside(argument) for argument in arguments)]
        self._process = children.spawn(
            command,
            env=self._env,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        spawn_background(self._pump, log, thread_name="sagemaker-output")

    def set_env(self, **values: str) -> None:
        """Add variables before `start`."""
        self._env |= values

    @property
    def exit_code(self) -> int | None:
        """The exit code as a shell has it (128 + signal), or None while the process runs."""
        code = self._process.poll() if self._process else None
        return 128 - code if code is not None and code < 0 else code

    def wait(self, seconds: float) -> bool:
        """Wait for the end of the process; False when it still runs after `seconds`."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        # Grandchildren may hold the pipe open; what they say later is not worth waiting for.
        self._output_done.wait(5)
        return True

    def stop(self, grace: float) -> None:
        """SIGTERM, then SIGKILL to the whole process group after `grace` seconds."""
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        self.wait(grace)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def remove(self) -> None:
        """Delete the directory."""
        shutil.rmtree(self.root, ignore_errors=True)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                return

    def _pump(self, log: LogStream) -> None:
        assert self._process is not None and self._process.stdout is not None
        with self._process.stdout as pipe:
            while chunk := os.read(pipe.fileno(), 65536):
                log.feed(chunk)
        log.close()
        self._output_done.set()


def sweep() -> None:
    """Remove directories that accounts which were killed left behind."""
    for leftover in _scratch.parent.glob("sagemaker-*"):
        owner = leftover.name.rsplit("-", 1)[-1]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(leftover, ignore_errors=True)


def gateway() -> str:
    """The account's own address."""
    return f"http://127.0.0.1:{os.environ.get('GATEWAY_PORT', '4566')}"


def _platform(root: Path, image: Image, role_arn: str) -> dict[str, str]:
    """What the platform gives every container; nothing of this machine's environment leaks in."""
    programs = [str(Path(image.python).parent), "/usr/local/bin", "/usr/bin", "/bin"]
    return {
        "PATH": os.pathsep.join(programs),
        "HOME": str(root),
        "TMPDIR": str(root / "tmp"),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        # Several containers share this machine's cores; one thread each is what a small instance
        # would give.
        "OMP_NUM_THREADS": "1",
        "SAGEMAKER_BASE_DIR": str(root),
        "AWS_REGION": get_region(),
        "AWS_DEFAULT_REGION": get_region(),
        "AWS_ENDPOINT_URL": gateway(),
        "AWS_ENDPOINT_URL_S3": gateway(),
        "AWS_EC2_METADATA_DISABLED": "true",
        **identity.credentials_for_role(role_arn),
        **json.loads(os.environ.get("GHOSTEAM_JOB_ENV") or "{}"),
    }


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
