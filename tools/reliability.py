"""docs/reliability.md, with the limits of the client and the causes that the tests of the network check."""

from betatel_exporter.api.body import MAX_BODY, MAX_CONTAINERS, MAX_VALUES
from betatel_exporter.api.client import MAX_COOLDOWN
from betatel_exporter.api.transport import MAX_HEAD, MAX_INTERIM, MAX_LINES, MAX_RECEIVED
from tools.faults.network import NETWORK
from tools.markdown import GENERATED, table


def files() -> dict[str, str]:
    """The document, by its path."""
    return {"docs/reliability.md": reliability()}


def reliability() -> str:
    network = ((fault.what, f"`{fault.reason}`", " or ".join(fault.details)) for fault in NETWORK)
    return f"""{GENERATED}
# Reliability

What the exporter does when the API, the network or a scraper misbehaves. The faults in `tools/faults/` are tested over
real sockets: one stats query, one list of delivery records, the recent records, or all queries meet them.

- The page is sent before the scraper gives up, with status 200.
- Only the series of the failed queries are missing: never 0, never the last known value.
  `betatel_scrape_query_success` of those queries and `betatel_up` are 0.
- `betatel_api_failures_total` counts each failed request once, by `reason`; `betatel_api_requests_total` counts the
  requests that were written to a connection.
- The first scrape after the fault is complete. No task, connection or thread is left behind.
- No log line, page or metric shows a key, account id, phone number or code.

## Reasons

| `reason` | a query meets |
| --- | --- |
| `connect` | no connection, or one that breaks before a response begins |
| `tls` | a certificate that is not valid, or a failed handshake |
| `timeout` | no complete response within the time budget, however it trickles |
| `unauthorized`, `rate_limited` | 401 or 403, 429 |
| `client_error`, `server_error` | other 4xx, 5xx |
| `invalid_response` | any other status, redirects included; truncated or malformed HTTP, compression or JSON |
| `invalid_response` | JSON of another shape, negative or infinite numbers, a filter, sort or page that was ignored |
| `invalid_response` | a response beyond the [limits](#limits) |
| `internal` | no usable API key, or an unexpected error, which is logged with its traceback |

A connection that breaks before a response begins is retried once, on a new connection, so a kept connection that the
API has closed costs no data. HTTP errors are not retried.

Until the end of a `Retry-After` (in seconds or as a date; {MAX_COOLDOWN / 3600:g} hour at most), nothing is sent for
the account, its queries fail as `rate_limited`, and `betatel_api_cooldown_until_timestamp_seconds` is exposed. Changes
of the system clock do not extend it.

## Connections

All queries meet these. The cause is in the log, on the landing page and in the output of `betatel-exporter check`. A
DNS lookup that hangs delays neither other accounts nor the exit.

{table(("what happens", "`reason`", "cause"), network)}

## Limits

| of a response | at most |
| --- | --- |
| head, with interim responses (1xx) | {MAX_HEAD // 1024} KiB, {MAX_INTERIM} responses |
| body, compressed and decompressed | {MAX_BODY // 1024} KiB |
| all of it | {MAX_RECEIVED // 1024} KiB, {MAX_LINES:,} lines |
| objects and arrays, values | {MAX_CONTAINERS:,}, {MAX_VALUES:,} |

If all queries of an account meet the worst of these at once, at full speed, they cost 5 MB and 0.1 s of CPU.

## Scrapers and signals

| what happens | what the exporter does |
| --- | --- |
| a scraper's timeout is shorter than the API's responses | sends the page without them, half a second before that timeout |
| concurrent scrapes | share the call of each query; nobody extends or cancels it |
| a scraper disconnects | the calls continue to their own end |
| more concurrent scrapes than `--web.max-requests` | 503; health checks are answered |
| a request that is not HTTP; too large; too slow ([limits](../SECURITY.md)) | 400; 431; the connection ends |
| an `Accept` header with an unknown format or version | the text format |
| a timeout header that is not a positive number | is ignored |
| SIGTERM or SIGINT during a scrape | the page is still sent, exit code 0; a second signal ends the process at once |
| the key file or `ca_file` changes | the next request uses it |
| the key file or `ca_file` is empty, invalid or missing | the last good one stays in use; one log line |
"""
