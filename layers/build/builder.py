"""Builds layers into ``.ghosteam/layers/<target>/<layer>/python``, the folders that CDK takes as
assets.

A layer is made in a temporary folder beside its place and moved there whole, so that a reader sees
the old layer or the new one. Its stamp is a digest of everything that decides its content; a layer
whose stamp is unchanged is left alone.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from layers.build import elf, gates, prune, specs, uv
from layers.build.errors import LayerBuildError
from layers.build.exclusive import exclusively
from layers.build.gates import check_shared_objects, folder_bytes
from layers.build.prune import prune as prune_folder
from layers.build.python313 import ensure_python313
from layers.build.specs import LAYERS, LayerSpec, Target
from layers.build.uv import install

# Where Lambda unpacks layers: recorded in compiled files instead of the build folder, so that equal
# sources compile equally.
_RUNTIME_FOLDER = "/opt/python"
_BUILDER_SOURCES = (
    *(Path(str(module.__file__)) for module in (elf, gates, prune, specs, uv)),
    Path(__file__),
)


@dataclass(frozen=True, slots=True)
class BuiltLayer:
    """``path``: folder of the asset, holding ``python/``. ``size``: unzipped bytes. ``stamp``:
    digest of what it was made from. ``rebuilt``: False when it was up to date. ``compiled``:
    whether compiled files are in it.
    """

    name: str
    target: Target
    path: Path
    size: int
    stamp: str
    rebuilt: bool
    compiled: bool
    seconds: float


def layer_folder(root: Path, target: Target, name: str) -> Path:
    """Where a built layer lies: the folder to give to CDK as the layer's asset."""
    return root / ".ghosteam" / "layers" / target / name


def build_layers(
    root: Path,
    target: Target,
    names: Iterable[str] | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> list[BuiltLayer]:
    """Builds the named layers (all by default) for a target, those that are out of date.

    ``root``: the project folder. ``on_progress`` gets one line of text a step. Raises
    LayerBuildError when a layer cannot be built and GateFailed when it would not load on Lambda; in
    both cases the layer built before stays in place.
    """
    wanted = list(LAYERS) if names is None else list(names)
    if unknown := sorted(set(wanted) - LAYERS.keys()):
        raise LayerBuildError(f"unknown layer {', '.join(unknown)}; there are {', '.join(LAYERS)}")
    compiler = _Compiler.of(root, target, on_progress)
    with exclusively(layer_folder(root, target, "")):
        return [_ensure(root, target, LAYERS[name], compiler, on_progress) for name in wanted]


def layer_stamp(root: Path, spec: LayerSpec, interpreter: str) -> str:
    """Digest (hex) of all that decides a layer's content: its lock or sources, the rules, this
    builder, the interpreter.
    """
    digest = hashlib.sha256(f"{spec!r}\0{interpreter}\0".encode())
    for path in (*_BUILDER_SOURCES, *_sources(root, spec)):
        name = path.relative_to(root) if path.is_relative_to(root) else path.name
        digest.update(f"{name}\0{path.stat().st_mode & 0o111}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class _Compiler:
    """The interpreter that compiles a target's files: only the target's own will do, or none.
    ``identity`` names what the layer is built for and with.
    """

    command: str | None
    identity: str

    @classmethod
    def of(cls, root: Path, target: Target, on_progress: Callable[[str], None]) -> _Compiler:
        if target == "local":
            abi = (
                f"{sys.implementation.cache_tag} {sysconfig.get_platform()} "
                f"{sysconfig.get_config_var('SOABI')}"
            )
            return cls(sys.executable, f"local {abi}")
        python = ensure_python313(root / ".ghosteam/cache/python313", on_reason=on_progress)
        compiled = "compiled" if python else "not compiled"
        if not python:
            on_progress(
                "aws layers will hold no compiled files (cold starts are slower): no Python "
                f"{specs.AWS_PYTHON} here"
            )
        return cls(
            str(python) if python else None,
            f"aws {specs.AWS_PYTHON} {specs.AWS_PLATFORM} {compiled}",
        )

    def compile(self, folder: Path) -> None:
        # unchecked-hash: nobody compares with the source at import, and the file holds no time
        # stamp.
        arguments = ["-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
        arguments += ["-s", str(folder), "-p", _RUNTIME_FOLDER, str(folder)]
        done = subprocess.run(
            [str(self.command), *arguments], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise LayerBuildError(
                f"compiling {folder}: {(done.stdout + done.stderr).strip()[-2000:]}"
            )


def _ensure(
    root: Path,
    target: Target,
    spec: LayerSpec,
    compiler: _Compiler,
    on_progress: Callable[[str], None],
) -> BuiltLayer:
    started = time.monotonic()
    place = layer_folder(root, target, spec.name)
    record = place.with_name(f"{spec.name}.json")
    stamp = layer_stamp(root, spec, compiler.identity)
    if (size := _size_if_current(place, record, stamp)) is not None:
        elapsed = time.monotonic() - started
        return BuiltLayer(
            spec.name, target, place, size, stamp, False, compiler.command is not None, elapsed
        )
    on_progress(f"layer {spec.name} ({target}): building")
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{spec.name}-") as work:
        fresh = Path(work, "layer")
        _make(root, target, spec, compiler, fresh / "python")
        size = folder_bytes(fresh)
        record.unlink(missing_ok=True)
        if place.exists():
            place.rename(Path(work, "old"))
        fresh.rename(place)
        record.write_text(json.dumps({"stamp": stamp, "bytes": size}))
    elapsed = time.monotonic() - started
    on_progress(f"layer {spec.name} ({target}): {size / 1e6:.1f} MB in {elapsed:.1f} s")
    return BuiltLayer(
        spec.name, target, place, size, stamp, True, compiler.command is not None, elapsed
    )


def _make(root: Path, target: Target, spec: LayerSpec, compiler: _Compiler, folder: Path) -> None:
    folder.mkdir(parents=True)
    if spec.source is None:
        install(root, root / "layers" / spec.name / "requirements.lock", folder, target)
        prune_folder(folder, spec)
    else:
        source = root / spec.source
        for path in _sources(root, spec):
            copy = folder / spec.package / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    if target == "aws":
        check_shared_objects(folder)
    if compiler.command is not None:
        compiler.compile(folder)


def _sources(root: Path, spec: LayerSpec) -> list[Path]:
    if spec.source is None:
        lock = root / "layers" / spec.name / "requirements.lock"
        if not lock.is_file():
            raise LayerBuildError(
                f"{lock.relative_to(root)} is missing; write it with `python -m layers.build "
                "--lock`"
            )
        return [lock]
    folder = root / spec.source
    found = sorted(
        p for p in folder.rglob("*") if p.is_file() and not _is_debris(p.relative_to(folder))
    )
    if not found:
        raise LayerBuildError(
            f"{spec.source} holds no files, so there is nothing to make layer {spec.name} of"
        )
    return found


def _is_debris(relative: Path) -> bool:
    return any(
        part == "__pycache__" or part.startswith(".") or part.endswith(".egg-info")
        for part in relative.parts
    )


def _size_if_current(place: Path, record: Path, stamp: str) -> int | None:
    try:
        written = json.loads(record.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    if written.get("stamp") != stamp or not (place / "python").is_dir():
        return None
    return int(written["bytes"])
