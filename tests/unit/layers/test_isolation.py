"""An isolated import sees the function, its layers, the standard library and the runtime's boto3,
and nothing else.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layers.build.isolation import isolated_import


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    (tmp_path / "layer/python").mkdir(parents=True)
    (tmp_path / "layer/python/shared.py").write_text("WHERE = 'layer'\n")
    return tmp_path / "layer"


@pytest.fixture
def function(tmp_path: Path) -> Path:
    (tmp_path / "function").mkdir()
    return tmp_path / "function"


def test_a_handler_imports_from_its_layers_and_the_runtimes_boto3(
    layer: Path, function: Path
) -> None:
    (function / "handler.py").write_text(
        "import json, boto3, shared\nassert shared.WHERE == 'layer'\n"
    )
    done = isolated_import([layer], function, "handler")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["seconds"] > 0


def test_a_package_that_only_the_development_environment_has_is_missing(
    layer: Path, function: Path
) -> None:
    (function / "handler.py").write_text("import numpy\n")
    done = isolated_import([layer], function, "handler")
    assert done.returncode == 1
    assert "No module named 'numpy'" in done.stderr


def test_the_functions_own_code_comes_before_its_layers(layer: Path, function: Path) -> None:
    (function / "shared.py").write_text("WHERE = 'function'\n")
    (function / "handler.py").write_text("import shared\nprint(shared.WHERE)\n")
    assert isolated_import([layer], function, "handler").stdout.startswith("function\n")


def test_the_environment_holds_what_is_given_and_nothing_of_the_callers(
    layer: Path, function: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "x")
    (function / "handler.py").write_text(
        "import os\nassert os.environ['TABLE'] == 'labels'\nassert 'SECRET_OF_THE_CALLER' not in "
        "os.environ\n"
    )
    done = isolated_import([layer], function, "handler", extra_env={"TABLE": "labels"})
    assert done.returncode == 0, done.stderr


def test_importing_leaves_no_compiled_file_in_the_layer(layer: Path) -> None:
    assert isolated_import([layer], None, "shared").returncode == 0
    assert [path.name for path in (layer / "python").iterdir()] == ["shared.py"]
