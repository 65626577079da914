"""State machines that AWS would refuse are refused here, with AWS's kind of message.

The public validator ``statelint`` knows the language's fields, types and transitions. It does not
look into intrinsic functions and paths, nor at the rules about ``States.ALL``: those are checked
here.

Sources: the Amazon States Language specification (states-language.net); "Intrinsic functions" and
"Quotas", Step Functions developer guide.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from local.account import seams

MOST_BYTES = 1024 * 1024
_NAME = re.compile(r"States\.([A-Za-z0-9]+)\(")
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_PATH = re.compile(
    r"\$\$?(\.\.?[A-Za-z_][\w-]*|\.\*"
    r"|\[(\d+(:\d*)?|\*|'[^']*'|\"[^\"]*\"|\?\([^()]*(\([^()]*\)[^()]*)*\)|[\d,: -]+)\])*"
)
# Fewest and most arguments.
ARGUMENTS: dict[str, tuple[int, int]] = {
    "Format": (1, 10_000),
    "StringToJson": (1, 1),
    "JsonToString": (1, 1),
    "Array": (0, 10_000),
    "ArrayPartition": (2, 2),
    "ArrayContains": (2, 2),
    "ArrayRange": (3, 3),
    "ArrayGetItem": (2, 2),
    "ArrayLength": (1, 1),
    "ArrayUnique": (1, 1),
    "Base64Encode": (1, 1),
    "Base64Decode": (1, 1),
    "Hash": (2, 2),
    "JsonMerge": (3, 3),
    "MathRandom": (2, 3),
    "MathAdd": (2, 2),
    "StringSplit": (2, 2),
    "UUID": (0, 0),
}
_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Arguments")
_PATHS = (
    "InputPath",
    "OutputPath",
    "ResultPath",
    "ItemsPath",
    "SecondsPath",
    "TimestampPath",
    "Variable",
)


def install() -> None:
    """Look at each definition before the service or a template takes it."""
    from ministack.services import stepfunctions
    from ministack.services.cloudformation import provisioners

    definition_of = seams.require(provisioners, "_sfn_definition")
    error = seams.require(provisioners, "_sfn_handler_error")

    def checked(original: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
        def validate(definition: Any) -> str | None:
            return original(definition) or refusal(definition)

        return validate

    def checked_create(original: Callable[..., Any]) -> Callable[..., Any]:
        def create(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
            if why := refusal(definition_of(properties)):
                raise error(why)
            return original(logical_id, properties, stack_name)

        return create

    seams.replace(stepfunctions, "_validate_definition_jsonata", checked)
    seams.replace(provisioners, "_sfn_state_machine_create", checked_create)
    handlers = seams.require(provisioners, "_RESOURCE_HANDLERS")
    handlers["AWS::StepFunctions::StateMachine"]["create"] = provisioners._sfn_state_machine_create


def refusal(definition: Any) -> str | None:
    """What AWS says of a definition that it refuses, or None."""
    if not isinstance(definition, str):
        return None  # the service itself says that it is missing
    if len(definition.encode()) > MOST_BYTES:
        return f"Invalid State Machine Definition: the definition has more than {MOST_BYTES} bytes"
    try:
        parsed = json.loads(definition)
    except ValueError as error:
        return f"Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: {error}'"
    found = problems(parsed)
    return (
        f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {'; '.join(found[:5])}'"
        if found
        else None
    )


def problems(definition: dict[str, Any]) -> list[str]:
    """Everything that is wrong with a definition, each with its place."""
    from statelint.linter import Linter

    return [*Linter.validate(_with_floats(definition)), *_beyond(definition, "State Machine")]


def _with_floats(value: Any, name: str = "") -> Any:
    """AWS takes an integer for BackoffRate, which CDK writes; the validator insists on a float."""
    if isinstance(value, dict):
        return {key: _with_floats(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_floats(inner) for inner in value]
    return float(value) if name == "BackoffRate" and isinstance(value, int) else value


def _beyond(machine: dict[str, Any], place: str) -> Iterator[str]:
    states = machine.get("States")
    for name, state in states.items() if isinstance(states, dict) else ():
        here = f"{place}.States.{name}"
        if not isinstance(state, dict):
            continue
        if state.get("Type") == "Task" and not state.get("Resource"):
            yield f'{here} does not have required field "Resource"'
        for field in _TEMPLATES:
            yield from _template(state.get(field), f"{here}.{field}")
        for catcher in state.get("Catch") or []:
            if isinstance(catcher, dict) and isinstance(catcher.get("ResultPath"), str):
                yield from _path(catcher["ResultPath"], f"{here}.Catch.ResultPath")
        yield from _fields_of_paths(state, here)
        for field in ("Retry", "Catch"):
            yield from _everything_last(state.get(field), f"{here}.{field}")
        for field in ("ItemProcessor", "Iterator"):
            if isinstance(state.get(field), dict):
                yield from _beyond(state[field], f"{here}.{field}")
        for number, branch in enumerate(state.get("Branches") or []):
            if isinstance(branch, dict):
                yield from _beyond(branch, f"{here}.Branches[{number}]")


def _fields_of_paths(value: Any, place: str) -> Iterator[str]:
    """Paths of a state and of its choices, but not those inside of machines within it."""
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        if name in _PATHS and isinstance(inner, str):
            yield from _path(inner, f"{place}.{name}")
        elif name == "Choices" or name in ("And", "Or"):
            for number, choice in enumerate(inner if isinstance(inner, list) else []):
                yield from _fields_of_paths(choice, f"{place}.{name}[{number}]")
        elif name == "Not":
            yield from _fields_of_paths(inner, f"{place}.{name}")


def _path(text: str, place: str) -> Iterator[str]:
    if not _PATH.fullmatch(text):
        yield f'{place} is "{text}" but should be a JSONPath'


def _template(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if not name.endswith(".$"):
                yield from _template(inner, f"{place}.{name}")
            elif isinstance(inner, str) and inner.startswith("States."):
                yield from _intrinsic(inner, f"{place}.{name}")
            elif isinstance(inner, str) and inner.startswith("$"):
                yield from _path(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _template(inner, f"{place}[{number}]")


def _intrinsic(text: str, place: str) -> Iterator[str]:
    try:
        end = _parse_call(text, 0)
    except ValueError as error:
        yield f"The value for the field at {place} is not a valid intrinsic function: {error}"
        return
    if text[end:].strip():
        told = "is not a valid intrinsic function: text after its end"
        yield f"The value for the field at {place} {told}"


def _parse_call(text: str, start: int) -> int:
    """The position after the call of an intrinsic function. Raises ValueError."""
    head = _NAME.match(text, start)
    if not head:
        raise ValueError(f"no function at position {start}")
    name, position = head[1], head.end()
    if name not in ARGUMENTS:
        raise ValueError(f"States.{name} does not exist")
    first, count, holes = "", 0, 0
    while text[position : position + 1] != ")" or count:
        position = _skip(text, position)
        begin = position
        position = _skip(text, _parse_argument(text, position))
        count += 1
        if count == 1:
            first = text[begin:position].strip()
        if text[position : position + 1] == ")":
            break
        if text[position : position + 1] != ",":
            raise ValueError(f"a comma or ')' is missing at position {position}")
        position += 1
    fewest, most = ARGUMENTS[name]
    if not fewest <= count <= most:
        raise ValueError(f"States.{name} has {count} arguments")
    if name == "Format" and first.startswith("'"):
        holes = re.sub(r"\\.", "", first).count("{}")
        if holes != count - 1:
            raise ValueError(f"States.Format has {holes} places for {count - 1} values")
    return position + 1


def _parse_argument(text: str, start: int) -> int:
    if text.startswith("States.", start):
        return _parse_call(text, start)
    for pattern in (_STRING, _NUMBER, _PATH):
        found = pattern.match(text, start)
        if found and found.end() > start:
            return found.end()
    for word in ("true", "false", "null"):
        if text.startswith(word, start):
            return start + len(word)
    raise ValueError(f"an argument is missing or its quotes do not end at position {start}")


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _everything_last(handlers: Any, place: str) -> Iterator[str]:
    """``States.ALL`` and ``States.TaskFailed`` may stand alone only, and States.ALL in the last
    handler only.
    """
    for number, handler in enumerate(handlers or []):
        errors = handler.get("ErrorEquals") if isinstance(handler, dict) else None
        if not isinstance(errors, list) or "States.ALL" not in errors:
            continue
        if len(errors) > 1:
            yield f"{place}[{number}].ErrorEquals: States.ALL must stand alone"
        if number < len(handlers) - 1:
            yield f"{place}[{number}].ErrorEquals: States.ALL must be in the last element"
