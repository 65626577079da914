"""How the files of a data set are written, where a file does not show it by itself."""

from __future__ import annotations

import codecs
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ghosteam.problem.strict import Strict
from ghosteam.problem.written_numbers import DecimalMark, ThousandsMark, check_marks

NO_QUOTE = "none"


def _encoding(name: str) -> str:
    try:
        found = codecs.lookup(name)
    except LookupError as error:
        raise ValueError(
            f"{name!r} is no encoding: write it as in utf-8, latin-1, cp1250, shift_jis"
        ) from error
    if not found._is_text_encoding:
        raise ValueError(f"{name!r} is no encoding of text")
    return found.name


def _separator(text: str) -> str:
    if len(text) != 1 or text in "\r\n\"'":
        raise ValueError(f"a separator is one character, and no quote or line end: {text!r}")
    return text


Encoding = Annotated[str, AfterValidator(_encoding)]
Separator = Annotated[str, AfterValidator(_separator)]


class Files(Strict):
    """How the files of a data set are written. What is not said is looked for in each file, and
    noted in its batch's record; only blanks around texts belong to the texts unless ``trim`` is
    said.
    """

    encoding: Encoding | None = None
    separator: Separator | None = None
    quote: Literal['"', "'", "none"] | None = None
    escape: Literal["\\"] | None = None
    decimal: DecimalMark | None = None
    thousands: ThousandsMark | None = None
    skip: int | None = Field(default=None, ge=0, le=1000)
    trim: bool = False

    @model_validator(mode="after")
    def _marks_differ(self) -> Files:
        check_marks(self.decimal, self.thousands)
        if self.separator is not None and self.separator == self.escape:
            raise ValueError(f"separator and escape are both {self.separator!r}")
        return self
