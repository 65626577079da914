"""Erase from the online store what nobody brings up to date any more: rows of views that neither
the folder nor a serving model needs.

Rows of views that are needed follow the batches. Those that are not were made of rows that may have
gone since; they are made anew when somebody needs them again.
"""

from __future__ import annotations

from collections.abc import Iterator

from ghosteam.aws.errors import translated
from ghosteam.aws.online_store import in_chunks, write_items
from ghosteam.documents import state_keys
from ghosteam.documents.erasure import Removed
from ghosteam.features.views import online_table, views_of, windows_version
from ghosteam.steps.erasing import Erasing

PLACE = "online rows of the past"
_AT_ONCE = 1000


def erase_online(erasing: Erasing) -> None:
    """The table of all problems is gone through; only keys are read."""
    erasing.tell(PLACE)
    meant = (erasing.problem, *erasing.serving)
    needed = {view.version for problem in meant for view in views_of(problem)}
    needed |= {windows_version(problem) for problem in meant}
    past = [id for id in _ids(erasing) if id.partition("#")[0].rpartition("@")[2] not in needed]
    erasing.found.removed[PLACE] += Removed(0, len(past))
    if erasing.dry_run:
        return
    for some in in_chunks(past, _AT_ONCE):
        write_items(erasing.online, online_table(erasing.online_prefix), [], some)
    for step in erasing.state.list(erasing.name, state_keys.WINDOW_STEPS):
        version = step.key.text.removeprefix(state_keys.WINDOW_STEPS.text)
        if version in needed:
            continue
        # The step goes last: without it, the windows are made anew from all batches that count.
        for held in erasing.state.list(erasing.name, state_keys.APPLIED / f"{version}#"):
            erasing.state.delete(erasing.name, held)
        erasing.state.delete(erasing.name, step)


def _ids(erasing: Erasing) -> Iterator[str]:
    """Ids of the problem's items."""
    with translated("Going through online features"):
        pages = erasing.online.get_paginator("scan").paginate(
            TableName=online_table(erasing.online_prefix),
            ProjectionExpression="entity_id",
            FilterExpression="begins_with(entity_id, :p)",
            ExpressionAttributeValues={":p": {"S": f"{erasing.name}."}},
        )
        for page in pages:
            yield from (item["entity_id"]["S"] for item in page["Items"])
