"""TLS and passwords of the exporter's own pages, from the file that Prometheus' exporters share.

The format is that of prometheus/exporter-toolkit, docs/web-configuration.md. What is supported of it, and how
changes are picked up, is in docs/web-config.md. Imports nothing else of the exporter but the layer for files.
"""

from betatel_exporter.webconfig.auth import BasicAuth
from betatel_exporter.webconfig.live import WebConfig, WebConfigError

__all__ = ["BasicAuth", "WebConfig", "WebConfigError"]
