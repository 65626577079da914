"""How the tests are spread over two processes: what shares something costly stays together, the longest first."""

from __future__ import annotations

from pathlib import Path

import pytest

# One deployment serves all flow tests, one embedded account all tests of it; everything else is shared by file at most.
TOGETHER = ("flow", "local")


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put each test into its group, and the groups that take longest in front."""
    for item in items:
        kind = _kind(item)
        item.add_marker(pytest.mark.xdist_group(kind if kind in TOGETHER else str(item.path)))
    items.sort(key=lambda item: TOGETHER.index(_kind(item)) if _kind(item) in TOGETHER else len(TOGETHER))


def _kind(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]
