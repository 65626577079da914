"""Execution environments of Lambda functions that fail, log and import as AWS's do.

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
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.account import packages, seams
from local.account.children import spawn
from local.account.function_runtime import END_OF_LOG

_RUNTIME = Path(__file__).with_name("function_runtime.py")
_MEMORY_CHECK = 0.1  # seconds between looks at a running function's memory
_LOG_WAIT = 2.0  # seconds for the last log lines, which are in the pipe already
# Seconds; AWS gives 10 and then retries, but a shared laptop compiles and reads more slowly.
_INIT_LIMIT = 120.0


def install() -> None:
    """Have ministack run Python functions in `Environment`s."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    base = seams.require(lambda_runtime, "Worker")
    for name in ("_spawn", "invoke", "_discard_tmpdir"):
        seams.require(base, name)
    environment = _environment_class(base)

    def choose(original: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
        def worker_class_for(config: dict[str, Any]) -> Any:
            return (
                environment
                if str(config.get("Runtime", "")).startswith("python")
                else original(config)
            )

        return worker_class_for

    seams.replace(lambda_runtime, "_worker_class_for", choose)
    seams.replace(lambda_svc, "_execute_function_warm", _keep_error_types)
    # ministack reports the largest child of the whole account; the environment itself knows better.
    seams.replace(lambda_svc, "_probe_peak_memory_mb", lambda original: _peak_memory)


def platform_environment() -> dict[str, str]:
    """Variables that the account gives every function (GHOSTEAM_LAMBDA_ENV, a JSON object)."""
    given: dict[str, str] = json.loads(os.environ.get("GHOSTEAM_LAMBDA_ENV") or "{}")
    return given


def _peak_memory(func: dict[str, Any]) -> int:
    """Most resident memory, in MB, that an environment of this function has used."""
    from ministack.core import lambda_runtime

    config = func.get("config") or func
    key = lambda_runtime._worker_key(
        config["FunctionName"], config, config.get("Version", "$LATEST")
    )
    return max(
        (
            worker.peak_mb
            for worker in lambda_runtime._workers.get(key, [])
            if hasattr(worker, "peak_mb")
        ),
        default=0,
    )


def _keep_error_types(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        outcome = original(func, event, request_id)
        text = (outcome.get("body") or {}).get("errorMessage") if outcome.get("error") else None
        if isinstance(text, str) and text.startswith(_ENCODED):
            outcome["body"] = json.loads(text.removeprefix(_ENCODED))
            outcome["log"] = outcome.get("log", "").rsplit(_ENCODED, 1)[0].rstrip("\n")
        return outcome

    return execute


# ministack carries an error as text only; the whole AWS error body travels in it behind this mark.
_ENCODED = "\x02"


def _layer_archives(config: dict[str, Any]) -> list[bytes]:
    from ministack.services import lambda_svc

    found = [
        seams.require(lambda_svc, "_resolve_layer_zip")(layer) for layer in config.get("Layers", [])
    ]
    return [layer for layer in found if layer]


def _packages_in_use() -> Iterator[Path]:
    """Folders that running environments were made from, and those of every function as it is
    now.
    """
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    for workers in list(lambda_runtime._workers.values()):
        for worker in list(workers):
            yield from getattr(worker, "packages", ())
    for function in list(seams.require(lambda_svc, "_functions").values()):
        if code := function.get("code_zip"):
            yield packages.folder_of([code])
            yield packages.folder_of(_layer_archives(function["config"]))


def _environment_class(base: Any) -> Any:
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
            archives = ([self.code_zip], _layer_archives(self.config))
            self.packages = [packages.folder_of(each) for each in archives]
            code, layers = (
                packages.unpacked(each, in_use=lambda: [*self.packages, *_packages_in_use()])
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
                **platform_environment(),
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
                "error": _ENCODED + json.dumps(body),
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
            pipe, limit = self._proc.stdout.fileno(), int(self.config.get("MemorySize", 128))
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
                self.peak_mb = max(self.peak_mb, used := _resident_mb(self._proc.pid))
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
                    status = self._proc.wait()
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


def _resident_mb(pid: int) -> int:
    """Private resident memory of a process in MB; 0 once it has ended. Shared pages of libraries do
    not count.
    """
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return 0
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE") >> 20
