"""What a step tells people, on its way to the topic of alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.channels.alert import Alert
from ghosteam.documents.stored import Stored


@dataclass(frozen=True, kw_only=True)
class AlertMessage(Stored):
    """An ``alert`` that the sender worded itself."""

    kind: ClassVar[str] = "alert message"

    alert: Alert
