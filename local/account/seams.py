"""Assert the private names of ministack that this package replaces, and replace them."""

import importlib.metadata
from collections.abc import Callable
from types import ModuleType
from typing import Any

EXPECTED_VERSION = "1.5.33"


class MissingSeam(RuntimeError):
    """A private name that the embedded account needs is not where the pinned ministack has it."""

    def __init__(self, missing: str) -> None:
        self.missing = missing
        super().__init__(
            f"ministack {EXPECTED_VERSION} expected: {missing} missing. "
            "Install local/requirements.lock into the emulator's environment, or port "
            "local/account to this version."
        )


def require_version() -> None:
    """Refuse any ministack but the pinned one. Raises MissingSeam."""
    found = importlib.metadata.version("ministack")
    if found != EXPECTED_VERSION:
        raise MissingSeam(f"version {EXPECTED_VERSION} (found {found})")


def require(owner: ModuleType | type, name: str) -> Any:
    """The attribute `name` of a ministack module or class. Raises MissingSeam when it is not
    there.
    """
    if not hasattr(owner, name):
        raise MissingSeam(f"{owner.__name__}.{name}")
    return getattr(owner, name)


def replace(owner: ModuleType | type, name: str, make: Callable[[Any], Any]) -> None:
    """Replace an attribute by `make(original)`. Raises MissingSeam when there is nothing to
    replace.
    """
    setattr(owner, name, make(require(owner, name)))
