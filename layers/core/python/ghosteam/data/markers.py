"""Files that tools write beside data, for themselves: they hold no rows and nobody has to act."""

from __future__ import annotations

from ghosteam.data.formats import format_of
from ghosteam.errors import InvalidInput


def marker_reason(key: str) -> str | None:
    """Why the object at a landing key ``<problem>/<dataset>/<path>`` is no data; None when it may
    be.

    Hadoop's rule: what lies in a folder whose name begins with ``_`` or ``.`` is unfinished or
    hidden, except a partition (``_day=1``); a file whose name begins so is a marker. A name that
    begins with ``_`` and ends as data do is data: passing over it in silence could lose rows.
    Source: Apache Spark, ``HadoopFSUtils.shouldFilterOutPathName``.
    """
    *folders, name = key.split("/")
    for folder in folders[2:]:
        if folder.startswith((".", "_")) and "=" not in folder:
            return f"it lies in {folder}/, where tools keep what is not finished"
    if name.startswith("."):
        return "names that begin with a dot are hidden files"
    if name.endswith("._COPYING_"):
        return "Hadoop copies a file under such a name before it gives it its own"
    if name.endswith((".crc", "_$folder$")):
        return "Hadoop keeps check sums and folders in such files"
    if name.startswith("_") and not _has_data_format(name):
        return "Spark and Hadoop mark the state of a job with such files"
    return None


def _has_data_format(name: str) -> bool:
    try:
        format_of(name)
    except InvalidInput:
        return False
    return True
