"""How the tests are spread over processes: what shares something costly stays together, the longest
first.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

# Two processes that learn at once would wait for one another's threads by turning round and round:
# on two cores a second's work takes minutes.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# One deployment serves all tests of a folder of the flow, one embedded account all tests of it;
# everything else is shared by file at most.
TOGETHER = ("flow", "flow/changes", "local")


class ByWhatIsShared(LoadScopeScheduling):
    """Gives a group of tests to one process as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        folder = _folder(Path(file).relative_to("tests"))
        return folder if folder in TOGETHER else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByWhatIsShared:
    """Use that schedule whenever there are several processes."""
    return ByWhatIsShared(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--long``: the tests that take minutes of their own as well."""
    parser.addoption("--long", action="store_true", help="run the long tests too")


def pytest_configure(config: pytest.Config) -> None:
    """Properties are tried on the same examples each time, so that a gate says the same twice, and
    on new ones with ``--long``. How long one takes says nothing on a busy machine.
    """
    new = config.getoption("--long")
    settings.register_profile("ghosteam", derandomize=not new, deadline=None)
    settings.load_profile("ghosteam")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the groups that take longest in front; leave the long tests out unless they are asked
    for.
    """
    if not config.getoption("--long"):
        left_out = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    here = Path(__file__).parent
    folders = {item: _folder(item.path.relative_to(here)) for item in items}
    items.sort(
        key=lambda item: (
            TOGETHER.index(folders[item]) if folders[item] in TOGETHER else len(TOGETHER)
        )
    )


def _folder(file: Path) -> str:
    return file.parent.as_posix()
