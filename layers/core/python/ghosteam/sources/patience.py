"""Asking an API again that does not answer just now, or asks to come back: within one pull, since
nothing of a pull lands before its last page is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ghosteam.errors import Transient
from ghosteam.sources.http_pages import Fetch, Fetched

MOST_ASKED = 5
"""So often one page is asked for."""
LONGEST_WAIT = 240.0
"""Seconds of waiting in all pages of a pull: the function that pulls has ten minutes."""
_FIRST_WAIT = 1.0


class TryLater(Transient):
    """No answer, or one that says to come back: in ``after`` seconds where it says when."""

    def __init__(
        self,
        message: str,
        *,
        where: Mapping[str, object],
        remedy: str = "",
        after: float | None = None,
    ) -> None:
        super().__init__(message, where=where, remedy=remedy)
        self.after = after


class PatientFetch:
    """``fetch``, asked again after a wait: as long as the answer says, else a second, and twice as
    long each time.
    """

    def __init__(self, fetch: Fetch, wait: Callable[[float], None]) -> None:
        self._fetch, self._wait = fetch, wait
        self._left = LONGEST_WAIT

    def __call__(self, url: str, headers: Mapping[str, str], *, max_bytes: int) -> Fetched:
        """Raises TryLater where the page does not come in that time."""
        pause = _FIRST_WAIT
        for _ in range(MOST_ASKED - 1):
            try:
                return self._fetch(url, headers, max_bytes=max_bytes)
            except TryLater as error:
                asked = pause if error.after is None else error.after
                if asked > self._left:
                    raise
            self._left -= asked
            self._wait(asked)
            pause *= 2
        return self._fetch(url, headers, max_bytes=max_bytes)
