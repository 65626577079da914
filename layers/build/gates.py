"""What must hold before layers may be deployed: they fit into Lambda, and their shared objects load
on Amazon Linux 2023.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from layers.build.elf import DynamicNeeds, is_elf, read_needs
from layers.build.errors import GateFailed

# Lambda's limit on a function and all its layers, unzipped. Source: AWS Lambda quotas, "deployment
# package size".
LAMBDA_UNZIPPED_LIMIT = 262_144_000
# Lambda's limit on the number of layers of one function.
LAMBDA_LAYER_COUNT_LIMIT = 5
# Newest symbol versions of Amazon Linux 2023, on which the python3.12 and later runtimes stand:
# glibc 2.34 and the libstdc++ of GCC 11.
AMAZON_LINUX_VERSIONS: Mapping[str, tuple[int, ...]] = {
    "GLIBC": (2, 34),
    "GLIBCXX": (3, 4, 29),
    "CXXABI": (1, 3, 13),
}
# Markers of loader features rather than numbered versions; the first of them came with glibc 2.36.
_NEWER_LOADER = "GLIBC_ABI_"
# What the manylinux policies let a wheel take from the system, as far as the runtime has it. Not
# libgomp: the runtime lacks it.
SYSTEM_LIBRARIES = frozenset(
    {
        "ld-linux-x86-64.so.2",
        "libc.so.6",
        "libdl.so.2",
        "libgcc_s.so.1",
        "libm.so.6",
        "libpthread.so.0",
        "librt.so.1",
        "libstdc++.so.6",
        "libutil.so.1",
        "libz.so.1",
    }
)


def folder_bytes(folder: Path) -> int:
    """Sum of the sizes of all files under a folder, in bytes."""
    return sum(path.stat().st_size for path in _files(folder))


def check_function_sizes(
    functions: Mapping[str, Iterable[Path]], *, limit: int = LAMBDA_UNZIPPED_LIMIT
) -> dict[str, int]:
    """Unzipped bytes of each function: name → the folders of its code and layers. Raises GateFailed
    with every function that is over Lambda's limit on size.
    """
    sizes: dict[str, int] = {}
    problems: list[str] = []
    known: dict[Path, int] = {}
    for name, folders in functions.items():
        parts = {folder: known.setdefault(folder, folder_bytes(folder)) for folder in folders}
        sizes[name] = sum(parts.values())
        if sizes[name] > limit:
            detail = ", ".join(
                f"{folder.name} {size / 1e6:.1f} MB" for folder, size in parts.items()
            )
            problems.append(
                f"function {name} is {sizes[name]:,} bytes unzipped, {sizes[name] - limit:,} over "
                f"the limit ({detail}); "
                "give it fewer layers, or prune one in layers/build/specs.py"
            )
    if problems:
        raise GateFailed("size", problems)
    return sizes


def check_layer_counts(
    functions: Mapping[str, Iterable[str]], *, limit: int = LAMBDA_LAYER_COUNT_LIMIT
) -> None:
    """Raises GateFailed for each function with more layers than Lambda attaches. ``functions``:
    name → names of layers.
    """
    counts = {name: len(tuple(layers)) for name, layers in functions.items()}
    problems = [
        f"function {name} has {n} layers, Lambda attaches {limit}"
        for name, n in counts.items()
        if n > limit
    ]
    if problems:
        raise GateFailed("layer count", problems)


def check_shared_objects(folder: Path) -> int:
    """Checks that every shared object under a folder asks for no newer symbols than Amazon Linux
    2023 has, and for no library that neither the runtime nor the folder has. Returns how many were
    read; raises GateFailed with all violations, or NotElf.
    """
    found = {path: read_needs(path) for path in _files(folder) if is_elf(path)}
    available = (
        SYSTEM_LIBRARIES
        | {path.name for path in found}
        | {n.soname for n in found.values() if n.soname}
    )
    problems = []
    for path, needs in sorted(found.items()):
        where = path.relative_to(folder)
        problems += [
            f"{where} asks for {asked}; pin a release whose wheel suits it"
            for asked in _too_new(needs)
        ]
        problems += [
            f"{where} needs {library}, which neither the runtime nor the layer has; ship it or "
            "choose another wheel"
            for library in needs.needed
            if library not in available
        ]
    if problems:
        raise GateFailed("shared objects", problems)
    return len(found)


def _too_new(needs: DynamicNeeds) -> Iterable[str]:
    for prefix, newest in AMAZON_LINUX_VERSIONS.items():
        highest = needs.highest(prefix)
        if highest > newest:
            yield f"{prefix}_{_dotted(highest)}, while the runtime has {_dotted(newest)}"
    for _, version in needs.versions:
        if version.startswith(_NEWER_LOADER):
            yield f"{version}, which the runtime's glibc does not know"


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _files(folder: Path) -> Iterable[Path]:
    for parent, _, names in os.walk(folder):
        for name in names:
            yield Path(parent, name)
