"""Small distributions in a folder on the path, with entry points of this project's groups."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from ghosteam import registry


class Site:
    """A folder on the path, and what is installed there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def install(
        self, package: str, source: str, *entries: str, group: str = "ghosteam.metrics"
    ) -> None:
        """A distribution with one module of its name, and these lines of entry points."""
        info = self._folder / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *entries]) + "\n")
        (self._folder / f"{package}.py").write_text(source)
        forget()


@contextmanager
def installed_in(folder: Path) -> Iterator[Site]:
    """``folder`` is on the path for as long as this lasts; nothing of it stays imported."""
    with patch.object(sys, "path", [str(folder), *sys.path]):
        yield Site(folder)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(folder)):
            del sys.modules[name]
    forget()


def forget() -> None:
    """Packages are listed again when they are asked for next."""
    importlib.invalidate_caches()
    registry._entry_points.cache_clear()
