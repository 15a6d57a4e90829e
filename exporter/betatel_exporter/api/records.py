"""Pages of delivery records, newest first, from "POST Telegram TDRs".

A record carries the recipient's phone number, ``to``, and the one-time code, ``code``. The code is never read. The number is
replaced, while it is parsed, by a keyed hash that serves to count people and is dropped with the record.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, FailFast, Field, TypeAdapter, ValidationInfo

from betatel_exporter.api.errors import InvalidResponseError
from betatel_exporter.api.fields import Count, Model, Timestamp, validated
from betatel_exporter.api.vocabulary import Operation, Status

ROWS = 100
"""Records a page: the most that the API gives."""

LABEL_LENGTH = 48
UNKNOWN = "unknown"
OTHER = "other"

_LONG_NUMBER = re.compile(r"\d(?:[\W_]*\d){3}")


def destination_label(value: object) -> str:
    """A ``country`` or ``network`` that is fit to be a label.

    Trimmed and cut to 48 characters; `unknown` where it is empty. Four digits in a row, whatever separates them, may be a
    misplaced phone number: such a value is `other`, and so is one with a control character.
    """
    if value is None:
        return UNKNOWN
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004  pydantic turns a ValueError into a validation error
    text = value.strip()
    if not (text.isascii() and text.isprintable()) and any(map(_is_control, text)):
        return OTHER
    if _LONG_NUMBER.search(unicodedata.normalize("NFKC", text)):
        return OTHER
    return text[:LABEL_LENGTH].rstrip() or UNKNOWN


def _is_control(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith("C") or category in {"Zl", "Zp"}


def _person(number: object, info: ValidationInfo[bytes]) -> bytes:
    """A keyed hash of a phone number: the same for the same number as long as the key is the same."""
    if not isinstance(number, str) or not number.strip():
        raise ValueError("not a phone number")
    return hashlib.blake2b(number.strip().encode(), key=info.context, digest_size=16).digest()


_Label = Annotated[str, BeforeValidator(destination_label)]


class Record(Model):
    """One message; nothing of it is meant to outlive a scrape."""

    uuid: Annotated[str, Field(min_length=1, max_length=64, repr=False)]
    person: Annotated[bytes, BeforeValidator(_person), Field(alias="to", repr=False)]
    status: Status
    country: _Label = UNKNOWN
    network: _Label = UNKNOWN
    created: Annotated[Timestamp, Field(alias="timestamp")]
    """In seconds since the epoch."""


class _Body(Model):
    total: Annotated[Count, Field(le=2**53)]
    page: Count | None = None
    rows_per_page: Count | None = None
    list: Annotated[tuple[Record, ...], Field(max_length=ROWS), FailFast()]


_BODY = TypeAdapter(_Body)


@dataclass(frozen=True, slots=True)
class Page:
    number: int
    """From 1, the newest records."""
    total: int
    """All records of the account, over all time."""
    records: Sequence[Record] = field(repr=False)
    """At most ROWS, newest first; empty past the end of the list."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page of the records of all statuses, newest first."""

    number: int
    key: bytes = field(repr=False)
    """Of the hash that replaces phone numbers."""
    operation: ClassVar[Operation] = Operation.TDR

    @property
    def body(self) -> Mapping[str, Any]:
        return {
            "page": self.number,
            "rows_per_page": ROWS,
            "sort_by": "timestamp",
            "sort_direction": "DESC",
        }

    def parse(self, content: bytes) -> Page:
        body = validated(_BODY, content, self.key)
        if body.page not in {None, self.number} or body.rows_per_page not in {None, ROWS}:
            raise InvalidResponseError("another page than requested: page or rows_per_page was ignored")
        if self.number == 1 and (bool(body.total) != bool(body.list) or len(body.list) < ROWS < body.total):
            raise InvalidResponseError("total and list are inconsistent")
        return Page(self.number, int(body.total), body.list)
