"""Stands in for a pager: prints what Alertmanager sends to http://127.0.0.1:9099/RECEIVER.

Standard library only, so that any Python runs it: `python receiver.py`.
"""

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ADDRESS = "127.0.0.1:9099"


def lines(receiver: str, message: Mapping[str, Any]) -> Iterator[str]:
    """One for each alert of a webhook message (version 4)."""
    for alert in message["alerts"]:
        labels, annotations = alert["labels"], alert["annotations"]
        named = ", ".join(f"{name}={value}" for name, value in sorted(labels.items()) if name != "alertname")
        yield f"{receiver}: {alert['status']} {labels['alertname']} ({named}) {annotations.get('description', '')}"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for line in lines(self.path.strip("/"), message):
            print(line, flush=True)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """What is printed are alerts."""


def listening(address: str = ADDRESS) -> ThreadingHTTPServer:
    """A receiver that listens; exits with one line where it cannot."""
    host, _, port = address.rpartition(":")
    try:
        return ThreadingHTTPServer((host, int(port)), Handler)
    except OSError as error:
        sys.exit(f"receiver: cannot listen at {address}: {error.strerror}")


if __name__ == "__main__":
    with listening() as server, contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
