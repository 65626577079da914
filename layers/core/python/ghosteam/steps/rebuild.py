"""Use case: a deployment's time did not suffice for what a folder's change makes necessary; go on
where it stopped.
"""

from __future__ import annotations

from datetime import datetime

from ghosteam.errors import Unfinished
from ghosteam.retraining.changes import Folder
from ghosteam.runtime.turns import More
from ghosteam.steps.made_anew import Publishing
from ghosteam.steps.publish_definitions import publish_definition


def rebuild(folder: Folder | None, publishing: Publishing, *, now: datetime, more: More) -> bool:
    """Whether something is left to do. ``folder``: None where it is gone by now."""
    if folder is None:
        return False
    try:
        publish_definition(folder, publishing, now=now, more=more)
    except Unfinished:
        return True
    return False
