"""One execution environment of a Lambda function: its process, its limits, its log.

ministack's own workers lose an error's type, die of a handler's exception, wait 50 ms for log lines
and see every package of the emulator. These keep the type and the worker, end the log with a mark,
hold the function to its MemorySize, give it only its own environment variables, and import from
code, layers and AWS's runtime libraries alone.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.account import packages
from local.account.children import spawn
from local.account.function_packages import archives_of_layers, packages_in_use
from local.account.function_runtime import END_OF_LOG

ENCODED = "\x02"
"""ministack carries an error as text only; the whole AWS error body travels in it behind this mark.
"""

_RUNTIME = Path(__file__).with_name("function_runtime.py")
_MEMORY_CHECK = 0.1  # seconds between looks at a running function's memory
_LOG_WAIT = 2.0  # seconds for the last log lines, which are in the pipe already
# Seconds; AWS gives 10 and then retries, but a shared laptop compiles and reads more slowly.
_INIT_LIMIT = 120.0


def environment_class(base: Any) -> Any:
    """The class of ministack's workers that run Python functions; `base` is its own one."""

    class Environment(base):  # type: ignore[misc]
        """One execution environment: a process that answers one invocation at a time."""

        peak_mb = 0
        packages: Sequence[Path] = ()

        def _spawn(self) -> None:
            self._discard_tmpdir()
            self._tmpdir = tempfile.mkdtemp(prefix="function-")
            settings = self._settings()
            self._proc: Any = spawn(
                [sys.executable, "-S", "-P", str(_RUNTIME)],
                cwd=settings["code"],
                env=self._variables(settings),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            self._log: list[str] = []
            self._log_ended = threading.Event()
            threading.Thread(
                target=self._collect_log, args=(self._proc.stderr,), daemon=True
            ).start()
            self._unread, self.peak_mb = b"", 0
            self._send(settings)
            reply = self._receive(time.monotonic() + _INIT_LIMIT)
            if "ready" not in reply:
                self._stop()
                raise InitFailed(reply["error"], self._take_log())

        def _settings(self) -> dict[str, Any]:
            archives = ([self.code_zip], archives_of_layers(self.config))
            self.packages = [packages.folder_of(each) for each in archives]
            code, layers = (
                packages.unpacked(each, in_use=lambda: [*self.packages, *packages_in_use()])
                for each in archives
            )
            return {
                "code": str(code),
                "layers": str(layers),
                "runtime": str(packages.runtime_libraries()),
                "handler": self.config.get("Handler", "index.handler"),
                "snapstart": (self.config.get("SnapStart") or {}).get("OptimizationStatus") == "On",
            }

        def _variables(self, settings: dict[str, Any]) -> dict[str, str]:
            from ministack.core import lambda_runtime

            name, version = self.config["FunctionName"], self.config.get("Version", "$LATEST")
            region = self.config["FunctionArn"].split(":")[3]
            given = (self.config.get("Environment") or {}).get("Variables") or {}
            return {
                "PATH": os.environ.get("PATH", os.defpath),
                "LANG": "en_US.UTF-8",
                "TZ": ":UTC",
                "TMPDIR": str(self._tmpdir),
                "HOME": str(self._tmpdir),
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
                "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.config.get('Runtime', '')}",
                **_platform_environment(),
                **given,
                **lambda_runtime.execution_credentials(self.config),
                "AWS_REGION": region,
                "AWS_DEFAULT_REGION": region,
                "AWS_LAMBDA_FUNCTION_NAME": name,
                "AWS_LAMBDA_FUNCTION_VERSION": version,
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.config.get("MemorySize", 128)),
                "AWS_LAMBDA_LOG_GROUP_NAME": (self.config.get("LoggingConfig") or {}).get(
                    "LogGroup"
                )
                or f"/aws/lambda/{name}",
                "AWS_LAMBDA_LOG_STREAM_NAME": (
                    f"{datetime.now(UTC):%Y/%m/%d}/[{version}]{uuid.uuid4().hex}"
                ),
                "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"
                if settings["snapstart"]
                else "on-demand",
                "LAMBDA_TASK_ROOT": settings["code"],
                "LAMBDA_RUNTIME_DIR": settings["runtime"],
                "_HANDLER": settings["handler"],
            }

        def invoke(
            self,
            event: Any,
            request_id: str,
            *,
            trace_id: str | None = None,
            depth: int | None = None,
            durable: dict[str, str] | None = None,
            invoked_function_arn: str | None = None,
        ) -> dict[str, Any]:
            """Run one invocation; the answer is what ministack's own worker answers."""
            with self._lock:
                cold = self._proc is None or self._proc.poll() is not None
                if cold:
                    try:
                        self._spawn()
                    except InitFailed as failure:
                        return self._failed(failure.body, failure.log, cold)
                timeout = float(self.config.get("Timeout", 3))
                self._log_ended.clear()
                self._send(
                    {
                        "event": event,
                        "request_id": request_id,
                        "arn": invoked_function_arn or self.config["FunctionArn"],
                        "timeout": timeout,
                        "environment": {"_X_AMZN_TRACE_ID": trace_id} if trace_id else {},
                    }
                )
                reply = self._receive(time.monotonic() + timeout, request_id)
                if "result" in reply:
                    return {
                        "status": "ok",
                        "result": reply["result"],
                        "cold_start": cold,
                        "log": self._take_log(),
                    }
                return self._failed(reply["error"], self._take_log(), cold)

        @staticmethod
        def _failed(body: dict[str, Any], log: str, cold: bool) -> dict[str, Any]:
            return {
                "status": "error",
                "error": ENCODED + json.dumps(body),
                "cold_start": cold,
                "log": log,
            }

        def _send(self, message: dict[str, Any]) -> None:
            try:
                self._proc.stdin.write(json.dumps(message).encode() + b"\n")
                self._proc.stdin.flush()
            except BrokenPipeError:
                pass  # the process has ended; reading its answer tells why

        def _receive(self, deadline: float, request_id: str = "init") -> dict[str, Any]:
            """The next answer, or the error body of a process that overran its time or memory, or
            ended.
            """
            process, limit = self._proc, int(self.config.get("MemorySize", 128))
            pipe = process.stdout.fileno()
            poller = select.poll()
            poller.register(pipe, select.POLLIN)
            while b"\n" not in self._unread:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    seconds = f"{float(self.config.get('Timeout', 3)):.2f}"
                    return self._ended(
                        "Sandbox.Timedout", request_id, f"Task timed out after {seconds} seconds"
                    )
                ready = poller.poll(1000 * min(remaining, _MEMORY_CHECK))
                self.peak_mb = max(self.peak_mb, used := _resident_mb(process.pid))
                if used > limit:
                    return self._ended(
                        "Runtime.OutOfMemory",
                        request_id,
                        "Runtime exited with error: signal: killed",
                    )
                if not ready:
                    continue
                chunk = os.read(pipe, 1 << 20)
                if not chunk:
                    status = process.wait()
                    how = (
                        f"exit status {status}"
                        if status >= 0
                        else f"signal: {signal.Signals(-status).name}"
                    )
                    return self._ended(
                        "Runtime.ExitError", request_id, f"Runtime exited with error: {how}"
                    )
                self._unread += chunk
            line, _, self._unread = self._unread.partition(b"\n")
            self._log_ended.wait(_LOG_WAIT)
            answer: dict[str, Any] = json.loads(line)
            return answer

        def _collect_log(self, stream: Any) -> None:
            log, ended = self._log, self._log_ended
            for raw in stream:
                line = raw.decode(errors="replace").rstrip("\n")
                if line == END_OF_LOG:
                    ended.set()
                else:
                    log.append(line)
            ended.set()

        def _take_log(self) -> str:
            lines, self._log[:] = list(self._log), []
            return "\n".join(lines)

        def _stop(self) -> None:
            process, self._proc = self._proc, None
            if process is None:  # the account is ending, and has ended it
                return
            process.kill()
            process.wait()
            self._log_ended.wait(_LOG_WAIT)

        def _ended(self, kind: str, request_id: str, message: str) -> dict[str, Any]:
            self._stop()
            text = f"RequestId: {request_id} Error: {message}"
            self._log.append(text)
            return {"error": {"errorType": kind, "errorMessage": text}}

        def _discard_tmpdir(self) -> None:
            if self._tmpdir:
                shutil.rmtree(self._tmpdir, ignore_errors=True)

    return Environment


class InitFailed(RuntimeError):
    """A function's module could not be loaded; `body` is AWS's error body, `log` what was
    printed.
    """

    def __init__(self, body: dict[str, Any], log: str) -> None:
        super().__init__(f"{body['errorType']}: {body['errorMessage']}")
        self.body, self.log = body, log


def _platform_environment() -> dict[str, str]:
    """Variables that the account gives every function (GHOSTEAM_LAMBDA_ENV, a JSON object)."""
    given: dict[str, str] = json.loads(os.environ.get("GHOSTEAM_LAMBDA_ENV") or "{}")
    return given


def _resident_mb(pid: int) -> int:
    """Private resident memory of a process in MB; 0 once it has ended. Shared pages of libraries do
    not count.
    """
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return 0
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE") >> 20
