"""Names in error messages: which are safe to repeat, and what a mistyped one was meant to be."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 48

_SHORT = re.compile(r"[\w.@-]{1,8}", re.ASCII)
_WORD = r"(?:[A-Z]?[a-z]{1,14}|[A-Z]{1,14}|\d{1,4})(?:[A-Z][a-z]{1,14}){0,3}\d{0,3}"
_WORDS = re.compile(rf"[-_.]{{0,2}}{_WORD}(?:[-_.@]{{1,2}}{_WORD})*", re.ASCII)


def is_name(text: str) -> bool:
    """Whether a text consists of words and short numbers, unlike a key, token or hash."""
    return len(text) <= LONGEST and bool(_SHORT.fullmatch(text) or _WORDS.fullmatch(text))


def shown(text: str) -> str:
    """A name as an error message repeats it."""
    return text if is_name(text) else "(a name)"


def did_you_mean(text: str, allowed: Iterable[str]) -> str:
    """The end of a sentence about a mistyped name: the allowed name that it resembles most, or nothing."""
    nearest = get_close_matches(text, list(allowed), n=1)
    return f"; did you mean {nearest[0]}?" if nearest else ""
