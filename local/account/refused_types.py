"""CloudFormation types that ministack makes and that would not do here what they do on AWS: a
template with one is refused in words.
"""

from collections.abc import Callable
from typing import Any, NoReturn

from local.account import seams

REFUSED = {
    "AWS::Athena::WorkGroup": "The embedded account has no Athena: its queries would be answered "
    "with made-up rows. Leave athena=False for this environment in infra/settings.py",
}
"""Why, and what to do."""


def install() -> None:
    """Refuse the types before anything of them is made."""
    from ministack.services.cloudformation import provisioners

    handlers = seams.require(provisioners, "_RESOURCE_HANDLERS")
    for kind, reason in REFUSED.items():
        handlers[kind] = {**handlers[kind], "create": _refusal(reason)}


def _refusal(reason: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise ValueError(reason)

    return refuse
