"""Recent records: which pages to read, and from records to counts by destination. Pure."""

from betatel_exporter.recent.destinations import Destination, DestinationCounts
from betatel_exporter.recent.query import Recent, RecentQuery

__all__ = ["Destination", "DestinationCounts", "Recent", "RecentQuery"]
