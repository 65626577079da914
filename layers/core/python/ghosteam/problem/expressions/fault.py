"""What is wrong with an expression."""

from __future__ import annotations


class Unreadable(ValueError):
    """The text is no expression, or takes values of the wrong kinds; ``remedy`` says what to
    write.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy
