"""Erase from the online store what nobody brings up to date any more: rows of views that neither
the folder nor a serving model needs.

Rows of views that are needed follow the batches. Those that are not were made of rows that may have
gone since; they are made anew when somebody needs them again.
"""

from __future__ import annotations

from ghosteam.documents.erasure import Removed
from ghosteam.steps.erasing import Erasing
from ghosteam.steps.online_versions import OnlineStore

PLACE = "online rows of the past"


def erase_online(erasing: Erasing) -> None:
    """The table of all problems is gone through; only keys are read."""
    erasing.tell(PLACE)
    store = OnlineStore(erasing.name, erasing.state, erasing.online, erasing.online_prefix)
    meant = (erasing.problem, *erasing.serving)
    dry = erasing.dry_run
    past = store.unneeded(meant) if dry else store.remove_unneeded(meant, search=True)
    erasing.found.removed[PLACE] += Removed(0, past)
