"""What the guides tell to write, done as they say."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

from ghosteam.registry import Member, Registry

GUIDES = Path(__file__).parents[1] / "docs" / "guides"


def block_of(guide: str, language: str) -> str:
    """The one block of a language in a guide."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", (GUIDES / guide).read_text(), re.DOTALL)
    return re.sub(r"^   ", "", block, flags=re.MULTILINE)


def code_of(guide: str, name: str) -> str:
    """The one piece of Python in a guide, which belongs into the file of ``name``."""
    assert f"/{name}.py`" in (GUIDES / guide).read_text(), "the guide says what the file is called"
    return block_of(guide, "python")


def followed(
    guide: str,
    name: str,
    registry: Registry[Member],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Member:
    """The member that a guide tells to write: its file beside the registry's others, and its name
    among theirs.
    """
    (folder / f"{name}.py").write_text(code_of(guide, name))
    package = import_module(registry.package)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    monkeypatch.setitem(sys.modules, f"{registry.package}.{name}", None)
    del sys.modules[f"{registry.package}.{name}"]
    monkeypatch.setitem(vars(registry), "built_in", (*registry.built_in, name))
    return registry.find(name)
