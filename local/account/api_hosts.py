"""HTTP APIs answer under the host name that AWS gives them, `<id>.execute-api.<region>.amazonaws.com`, too.

ministack knows only `<id>.execute-api.localhost`; an address that a stack put into its outputs would reach nothing.
"""

import re

from local.account import seams


def install() -> None:
    """Widen the pattern that takes the API's id (group 1) from the Host header."""
    from ministack import app

    own_host = re.escape(seams.require(app, "_MINISTACK_HOST"))
    pattern = re.compile(rf"^([a-f0-9]{{8}})\.execute-api\.(?:{own_host}|[a-z0-9-]+\.amazonaws\.com)(?::\d+)?$")
    seams.replace(app, "_EXECUTE_API_RE", lambda _: pattern)
