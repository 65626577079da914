"""The page of the architecture names all parts."""

from __future__ import annotations

from pathlib import Path

from ghosteam.documents.event import EVENT_TYPES

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "layers" / "core" / "python" / "ghosteam"
PAGE = ROOT / "docs" / "architecture.md"


def test_the_page_names_every_event_and_every_folder_of_the_library() -> None:
    page = PAGE.read_text("utf-8")
    folders = {path.parent.name for path in LIBRARY.glob("*/__init__.py")}
    assert {"steps", "documents", "aws"} <= folders
    assert [name for name in EVENT_TYPES if f"`{name}`" not in page] == []
    assert [name for name in sorted(folders) if f"`{name}/`" not in page] == []
