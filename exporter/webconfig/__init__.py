"""TLS and passwords of the exporter's own pages, from the file that Prometheus' exporters share.

The format is that of prometheus/exporter-toolkit, docs/web-configuration.md. What is supported of it, and how
changes are picked up, stands in docs/web-config.md.
"""

from exporter.webconfig.auth import BasicAuth
from exporter.webconfig.document import WebConfigError
from exporter.webconfig.live import WebConfig

__all__ = ["BasicAuth", "WebConfig", "WebConfigError"]
