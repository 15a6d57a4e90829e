"""Files that operators write: strict YAML with line numbers, bounded reading, and values that follow their files.

Imports nothing else of the exporter. Errors never contain a file's content, and a path only as far as it exists: either
may be a secret in the wrong place.
"""

from betatel_exporter.files.document import parse
from betatel_exporter.files.following import Files, Followed
from betatel_exporter.files.names import did_you_mean, is_name, shown
from betatel_exporter.files.reading import (
    BUNDLE_BYTES,
    DOCUMENT_BYTES,
    SECRET_BYTES,
    UnreadableError,
    UnusableError,
    read,
)
from betatel_exporter.files.values import DocumentError, Value

__all__ = [
    "BUNDLE_BYTES",
    "DOCUMENT_BYTES",
    "SECRET_BYTES",
    "DocumentError",
    "Files",
    "Followed",
    "UnreadableError",
    "UnusableError",
    "Value",
    "did_you_mean",
    "is_name",
    "parse",
    "read",
    "shown",
]
