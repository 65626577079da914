"""Removes from an installed folder what a function never reads. No file is edited in place: it may
be a hard link into the installer's cache.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from fnmatch import translate
from pathlib import Path

from layers.build.elf import without_sections
from layers.build.specs import COMMON_DROP, COMMON_KEEP, LayerSpec


def prune(folder: Path, spec: LayerSpec) -> int:
    """Deletes the files under ``folder`` that the layer's rules drop, then empty folders, and takes
    the symbol tables out of the shared objects that it names. Returns the number of files deleted.
    """
    drop = _any_of((*COMMON_DROP, *spec.drop))
    keep = _any_of((*COMMON_KEEP, *spec.keep))
    slim = _any_of(spec.without_symbols)
    deleted = 0
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            path = Path(parent, name)
            relative = path.relative_to(folder).as_posix()
            if drop.match(relative) and not keep.match(relative):
                path.unlink()
                deleted += 1
            elif slim.match(relative):
                _replace(path, without_sections(path.read_bytes()))
        if Path(parent) != folder and not any(os.scandir(parent)):
            Path(parent).rmdir()
    return deleted


def _replace(path: Path, content: bytes) -> None:
    mode = path.stat().st_mode
    path.unlink()
    path.write_bytes(content)
    path.chmod(mode)


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    never = "(?!)"
    return re.compile("|".join((never, *(translate(pattern) for pattern in patterns))))
