"""Typed fields of API responses. No error quotes what was read."""

import math
import re
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from betatel_exporter.api.errors import InvalidResponseError

T = TypeVar("T")

MAX_DIGITS = 400
"""Characters of a number that comes as text: the largest float has 309 digits."""

_NUMBER = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)


def _number(value: object) -> float:
    """Null, the sum over no rows, is 0; a number in text is a number."""
    if value is None:
        return 0.0
    if isinstance(value, str) and len(value) <= MAX_DIGITS and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")  # noqa: TRY004  pydantic turns a ValueError into a validation error
    try:
        number = float(value)
    except OverflowError:
        raise ValueError("not a finite number") from None
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number + 0.0  # never -0


def _epoch(value: object) -> float:
    """ISO 8601 with a UTC offset, as documented; without one the time would be a guess."""
    if not isinstance(value, str):
        raise ValueError("not a time")  # noqa: TRY004  pydantic turns a ValueError into a validation error
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("not a time") from None
    if moment.tzinfo is None:
        raise ValueError("a time without a UTC offset")
    return moment.timestamp()


Number = Annotated[float, BeforeValidator(_number)]
Count = Annotated[Number, Field(ge=0)]
Timestamp = Annotated[float, BeforeValidator(_epoch)]
"""In seconds since the epoch."""


class Model(BaseModel):
    """Part of a response: unknown fields are ignored, and strings of the body are not cached by the parser."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, cache_strings="keys")


def validated(adapter: TypeAdapter[T], content: bytes, context: Any = None) -> T:
    """Parse a JSON body; raises InvalidResponseError, which keeps no reference to the body."""
    try:
        return adapter.validate_json(content, context=context)
    except ValidationError as error:
        detail = _detail(error)
    raise InvalidResponseError(detail)


def _detail(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"])) or "body"
    # pydantic's own messages may quote the input, those of the validators above do not
    what = first["msg"].removeprefix("Value error, ") if first["type"] == "value_error" else first["type"]
    return f"{where}: {what.replace('_', ' ')}"
