"""Typed reading of a request's JSON object, in which every field is optional."""

import json
from collections.abc import Mapping
from typing import Any


class BadRequest(ValueError):  # noqa: N818 - named as HTTP names it
    """Answered with 400 and this text."""


def json_object(body: bytes) -> dict[str, Any]:
    """An empty body is an empty object."""
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadRequest("the body is not valid JSON") from error
    if not isinstance(document, dict):
        raise BadRequest("the body must be a JSON object")
    return document


def mapping(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = _optional(fields, name, {})
    if not isinstance(value, dict):
        raise BadRequest(f"{name} must be an object")
    return value


def text(fields: Mapping[str, Any], name: str, default: str) -> str:
    value = _optional(fields, name, default)
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a string")
    return value


def integer(fields: Mapping[str, Any], name: str, default: int) -> int:
    value = _optional(fields, name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadRequest(f"{name} must be an integer")
    return value


def _optional(fields: Mapping[str, Any], name: str, default: Any) -> Any:
    value = fields.get(name)
    return default if value is None else value
