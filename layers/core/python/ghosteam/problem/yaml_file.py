"""``problem.yaml`` as YAML: what it says, and in which line."""

from __future__ import annotations

import re
from typing import Any

import yaml

from ghosteam.errors import InvalidInput
from ghosteam.json_object import JsonObject

MOST_NODES = 50_000
"""Values of a file, each alias counted with all that it stands for. Of a column there are about
seven.
"""


class Loader(yaml.CSafeLoader):
    """YAML 1.2's booleans: only true and false, so that the field ``on`` and the code ``NO`` stay
    text. libyaml reads ten times faster than its translation to Python.
    """

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _mapping(loader: Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    """YAML forbids one key twice; the library would take the last."""
    seen: dict[str, int] = {}
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            message = f"the key {key_node.value} is no text: write it in quotes"
            if not isinstance(key_node, yaml.ScalarNode):
                message = "a key is no text"
            raise yaml.constructor.ConstructorError(None, None, message, key_node.start_mark)
        if key in seen:
            message = f"the key {key!r} stands twice, first in line {seen[key]}"
            raise yaml.constructor.ConstructorError(None, None, message, key_node.start_mark)
        seen[key] = key_node.start_mark.line + 1
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(?:true|false)$"), list("tf"))


def read_yaml(text: str, file: str) -> tuple[yaml.Node, JsonObject]:
    """The nodes of a file's text, each with its line, and what they say.

    Raises:
        InvalidInput: it is no YAML, stands for too much, or holds no mapping.
    """
    try:
        tree = yaml.compose(text, Loader=Loader)
        if tree is not None and _size(tree, {}) > MOST_NODES:
            raise InvalidInput(
                f"The file stands for more than {MOST_NODES} values",
                where={"file": file, "line": 1},
                remedy="Declare fewer columns, or what its aliases (*name) stand for less often",
            )
        document = Loader("").construct_document(tree) if tree is not None else None
    except yaml.YAMLError as error:
        raise _no_yaml(error, text, file) from error
    except (RecursionError, ValueError) as error:
        raise InvalidInput(
            f"The file cannot be read: {error}",
            where={"file": file},
            remedy="Nest it less, and fix values that YAML does not know",
        ) from error
    if tree is None or not isinstance(document, dict):
        raise InvalidInput(
            "The file holds no mapping",
            where={"file": file, "line": 1},
            remedy="Start it with 'version: 1'",
        )
    return tree, document


def _no_yaml(error: yaml.YAMLError, text: str, file: str) -> InvalidInput:
    mark = getattr(error, "problem_mark", None)
    last = len(text.splitlines())  # The end of a file without a line's end counts as one more.
    reason = getattr(error, "problem", None) or str(error).splitlines()[0]
    return InvalidInput(
        f"The file is not YAML: {reason}",
        where={"file": file, "line": min(mark.line + 1, last) if mark else 1},
        remedy="Fix the syntax at that line",
    )


def line_of(node: yaml.Node, location: tuple[int | str, ...]) -> int:
    """Line (from 1) of the deepest part of ``location`` that stands in the file."""
    line = node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif (
            isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value)
        ):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Values below a node, where an alias is another way to the same node. Raises ValueError for
    one that leads to itself.
    """
    if id(node) in known:
        if known[id(node)] < 0:
            raise ValueError("an alias stands for something that holds it")
        return known[id(node)]
    known[id(node)] = -1
    children = (
        [part for pair in node.value for part in pair]
        if isinstance(node, yaml.MappingNode)
        else node.value
    )
    size = 1 + (
        0 if isinstance(node, yaml.ScalarNode) else sum(_size(child, known) for child in children)
    )
    known[id(node)] = size
    return size
