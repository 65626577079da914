"""The Python runtime of one Lambda execution environment, run as a script by its process.

Reads one JSON line a message on stdin and answers on the descriptor that was stdout; everything
that the function prints goes to the log. It imports nothing of this package: it runs on a bare
interpreter (`-S -P`) whose path holds the function's code, its layers and the libraries that AWS's
own runtime brings, in AWS's order, and nothing else.
"""

import contextlib
import importlib
import json
import logging
import os
import site
import sys
import time
import traceback
from pathlib import Path
from typing import Any

END_OF_LOG = "\x01end-of-invocation"
RESPONSE_LIMIT = 6_291_556  # bytes, AWS's own odd number


class FunctionError(Exception):
    """A failure with the error type that AWS's runtime reports."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind, self.trace = kind, trace or []


class Context:
    """The handler's second argument."""

    identity = None
    client_context = None

    def __init__(self, request_id: str, function_arn: str, deadline: float) -> None:
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = function_arn
        self.aws_request_id = request_id
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is killed."""
        return max(0, int((self._deadline - time.time()) * 1000))


class LogFormatter(logging.Formatter):
    """AWS's text format: level, UTC time, request id, message."""

    request_id = ""

    def format(self, record: logging.LogRecord) -> str:
        """One line, tabs between the fields."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        head = f"[{record.levelname}]\t{moment}.{int(record.msecs):03d}Z\t{self.request_id}\t"
        text = head + record.getMessage()
        return text + "\n" + self.formatException(record.exc_info) if record.exc_info else text


def _search_path(code: str, layers: str, runtime: str) -> None:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    nested = f"{layers}/python/lib/{version}/site-packages"
    sys.path[:0] = [code, nested, f"{layers}/python"]
    sys.path.append(runtime)
    if Path(nested).is_dir():
        site.addsitedir(nested)


def _load(handler: str) -> Any:
    module_name, _, name = handler.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise FunctionError(
            "Runtime.ImportModuleError",
            f"Unable to import module '{module_name}': {error}",
            _trace(error),
        ) from error
    except SyntaxError as error:
        raise FunctionError(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}"
        ) from error
    except Exception as error:
        raise FunctionError(type(error).__name__, str(error), _trace(error)) from error
    if not hasattr(module, name):
        raise FunctionError(
            "Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'"
        )
    return getattr(module, name)


def _run_snapshot_hooks() -> None:
    """A published SnapStart version runs its hooks once, before its first invocation."""
    with contextlib.suppress(ImportError):
        hooks = importlib.import_module("snapshot_restore_py")
        for function, arguments, keywords in reversed(hooks.get_before_snapshot()):
            function(*arguments, **keywords)
        for function, arguments, keywords in hooks.get_after_restore():
            function(*arguments, **keywords)


def _trace(error: BaseException) -> list[str]:
    return traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])


def _invoke(handler: Any, message: dict[str, Any]) -> str:
    """The JSON text of the handler's answer. Raises FunctionError."""
    context = Context(message["request_id"], message["arn"], time.time() + message["timeout"])
    try:
        result = handler(message["event"], context)
    except Exception as error:
        raise FunctionError(type(error).__name__, str(error), _trace(error)) from error
    try:
        text = json.dumps(result)
    except (TypeError, ValueError) as error:
        raise FunctionError(
            "Runtime.MarshalError", f"Unable to marshal response: {error}"
        ) from error
    if len(text) > RESPONSE_LIMIT:
        raise FunctionError(
            "Function.ResponseSizeTooLarge",
            f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} "
            "bytes).",
        )
    return text


def _failure(error: FunctionError) -> str:
    body = {"errorMessage": str(error), "errorType": error.kind, "stackTrace": error.trace}
    sys.stderr.write(f"[ERROR] {error.kind}: {error}\n")
    if error.trace:
        sys.stderr.write("Traceback (most recent call last):\n" + "".join(error.trace))
    return json.dumps({"error": body})


def main() -> None:
    """Load the handler, then answer invocations until stdin closes."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.stdout = os.fdopen(1, "w", buffering=1)
    settings = json.loads(sys.stdin.readline())
    _search_path(settings["code"], settings["layers"], settings["runtime"])
    formatter = LogFormatter()
    stream = logging.StreamHandler(sys.stdout)
    stream.setFormatter(formatter)
    logging.getLogger().addHandler(stream)

    def answer(text: str) -> None:
        sys.stdout.flush()
        sys.stderr.write(END_OF_LOG + "\n")
        sys.stderr.flush()
        answers.write(text + "\n")
        answers.flush()

    try:
        handler = _load(settings["handler"])
        if settings["snapstart"]:
            _run_snapshot_hooks()
    except FunctionError as error:
        answer(_failure(error))
        return
    answer('{"ready": true}')
    for line in sys.stdin:
        message = json.loads(line)
        os.environ.pop("_X_AMZN_TRACE_ID", None)
        os.environ.update(message["environment"])
        formatter.request_id = message["request_id"]
        try:
            answer(f'{{"result": {_invoke(handler, message)}}}')
        except FunctionError as error:
            answer(_failure(error))


if __name__ == "__main__":
    main()
