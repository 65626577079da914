"""What can be known of the image without building it."""

from __future__ import annotations

import ast
import fnmatch
import re
import sys
from pathlib import Path

import pytest

from cli.images.build import TARGETS

ROOT = Path(__file__).parents[3]
JOBS = ROOT / "training_jobs"
LOCKS = ("requirements.lock", "requirements-serve.lock", "requirements-expectations.lock")


def stages() -> dict[str, list[str]]:
    """Instructions of each stage, continued lines joined."""
    text = re.sub(r"\\\n", " ", (JOBS / "Dockerfile").read_text())
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if match := re.match(r"FROM \S+ AS (\w+)", line):
            current = found.setdefault(match[1], [line])
        elif not line.startswith("#"):
            current.append(line)
    return found


def copied(stage: str) -> list[str]:
    return [
        source
        for line in stages()[stage]
        if line.startswith("COPY")
        for source in line.split()[1:-1]
    ]


def test_all_targets_stand_on_one_base_with_one_entry_point() -> None:
    found = stages()
    assert set(found) == {"base", *TARGETS}
    assert all(found[target][0].startswith("FROM base") for target in TARGETS)
    assert 'ENTRYPOINT ["python", "/opt/ghosteam/training_jobs/entrypoint.py"]' in found["base"]
    assert not any(
        line.startswith(("ENTRYPOINT", "CMD")) for stage in TARGETS for line in found[stage]
    )


@pytest.mark.parametrize("stage", TARGETS)
def test_what_is_copied_exists_and_is_in_the_build_context(stage: str) -> None:
    allowed = [
        line[1:]
        for line in (JOBS / "Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    for source in copied(stage):
        assert list(ROOT.glob(source)), source
        assert any(source == folder or source.startswith(f"{folder}/") for folder in allowed), (
            source
        )


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_hashed_and_from_no_named_host(lock: str) -> None:
    text = (JOBS / lock).read_text()
    pinned = re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.MULTILINE)
    assert pinned and text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text
    wanted = (JOBS / lock.replace(".lock", ".in")).read_text().split()
    assert {re.split("[<>=\\[]", name)[0] for name in wanted} <= set(pinned)


def test_images_read_models_and_rows_with_the_same_libraries() -> None:
    def versions(lock: str) -> dict[str, str]:
        return dict(
            re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", (JOBS / lock).read_text(), re.MULTILINE)
        )

    jobs, serve, expectations = map(versions, LOCKS)
    assert {name: jobs.get(name) for name in serve} == serve
    shared = expectations.keys() & jobs.keys()
    assert {"polars", "pyarrow", "pandas", "boto3"} <= shared
    assert [name for name in shared if jobs[name] != expectations[name]] == []


def test_the_serving_image_holds_every_package_that_serving_imports() -> None:
    """Follows the imports of serve.py through the domain library, lazy ones included, type-checking
    ones left out.
    """
    core = ROOT / "layers/core/python"
    seen: set[Path] = set()
    packages: set[str] = set()
    queue = [JOBS / "entrypoint.py", JOBS / "serve.py"]
    while queue:
        path = queue.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in imports(ast.parse(path.read_text())):
            module = core / (name.replace(".", "/") + ".py")
            if name.startswith("ghosteam"):
                queue.append(
                    module if module.is_file() else core / name.replace(".", "/") / "__init__.py"
                )
                if module.stem in ("family", "task"):  # a registry finds its members by name
                    queue += module.parent.glob("*.py")
            elif name.split(".")[0] not in sys.stdlib_module_names:
                packages.add(name.split(".")[0])
    # scipy comes with scikit-learn, and is what that needs itself.
    known = {"sklearn": "scikit-learn", "scipy": "scikit-learn", "xgboost": "xgboost-cpu"}
    wanted = set((JOBS / "requirements-serve.in").read_text().split())
    assert {known.get(name, name) for name in packages} == wanted
    assert all(fnmatch.fnmatch(str(path), f"{core}/*") or path.parent == JOBS for path in seen)


def imports(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        found |= imports(node)
    return found
