"""Proposals as a person would write them, by themselves or in a folder's ``problem.yaml``."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from cli.init.yaml_text import comment, flow
from cli.propose.weigh import Gain
from ghosteam.problem.yaml_file import Loader


def snippet(gains: Sequence[Gain]) -> str:
    """The fields of ``features`` that they are."""
    lines = ["features:"]
    for name, members in _fields(gains).items():
        lines += [f"  {name}:", *_block(members, 2)]
    return "\n".join(lines) + "\n"


def with_gains(text: str, gains: Sequence[Gain]) -> str:
    """The ``text`` of a ``problem.yaml`` with them as first members of their lists; the rest stays
    as it was written.
    """
    for name, members in _fields(gains).items():
        text = _inserted(text, name, members)
    return text


def _fields(gains: Sequence[Gain]) -> dict[str, list[Gain]]:
    found = {
        "join": [one for one in gains if one.candidate.join],
        "windows": [one for one in gains if one.candidate.window],
    }
    return {name: members for name, members in found.items() if members}


def _block(members: Sequence[Gain], indent: int) -> list[str]:
    lines = []
    for one in members:
        lines += comment(one.told, indent=indent)
        lines.append(" " * indent + f"- {_written(one)}")
    return lines


def _written(one: Gain) -> str:
    return flow(one.candidate.join or one.candidate.window)


def _inserted(text: str, name: str, members: Sequence[Gain]) -> str:
    tree = yaml.compose(text, Loader=Loader)
    assert isinstance(tree, yaml.MappingNode)
    features = _value(tree, "features")
    assert isinstance(features, yaml.MappingNode)
    listed = _value(features, name)
    inline = ", ".join(_written(one) for one in members)
    if listed is None and features.flow_style:
        return _at(text, features, f"{name}: [{inline}]{', ' if features.value else ''}")
    if listed is not None and listed.flow_style:
        return _at(text, listed, inline + (", " if listed.value else ""))
    begin = features.value[0][0] if listed is None else listed
    indent = begin.start_mark.column
    head = [" " * indent + f"{name}:"] if listed is None else []
    lines = text.split("\n")
    line = begin.start_mark.line
    return "\n".join([*lines[:line], *head, *_block(members, indent), *lines[line:]])


def _at(text: str, node: yaml.Node, inside: str) -> str:
    """``inside`` behind the bracket with which a node begins."""
    lines = text.split("\n")
    line, column = node.start_mark.line, node.start_mark.column + 1
    lines[line] = lines[line][:column] + inside + lines[line][column:]
    return "\n".join(lines)


def _value(node: yaml.MappingNode, name: str) -> yaml.CollectionNode | None:
    """The list or mapping that stands under a name of a mapping."""
    found = next((value for key, value in node.value if key.value == name), None)
    return found if isinstance(found, yaml.CollectionNode) else None
