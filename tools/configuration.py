"""docs/configuration.md, from the settings."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from betatel_exporter.config import ACCOUNT_SETTINGS, ONE_ACCOUNT, SETTINGS, Setting
from tools.markdown import GENERATED, table


def files() -> Mapping[str, str]:
    return {"docs/configuration.md": configuration()}


def configuration() -> str:
    return f"""{GENERATED}
# Configuration

Each setting is a flag, a `BETATEL_...` variable and a key of the YAML file that `--config.file` names, in this order of
precedence. Empty variables and keys count as unset. If a setting is wrong, startup fails with exit code 2 and prints one
line per error, with the place, the problem and what is allowed:

```text
betatel-exporter: BETATEL_WINDWOS: unknown variable; did you mean BETATEL_WINDOWS?
betatel-exporter: /etc/betatel-exporter.yml:4: accounts.shop.account_id: must be text, not a number: quote it
```

Errors never contain a value, and a path only as far as it exists, because either may be a key in the wrong place.

{_groups()}

## API keys

Set exactly one of `api_key_file` and `api_key`. Neither is a flag, because a command line is in every process list.

A key file is read at each scrape, so a new key needs no restart. If the file disappears or becomes unusable, the last
good key stays in use and an error is logged. If there was no usable key at startup, the queries of that account fail with
reason `internal` until there is one; other accounts are not affected. Startup fails only if no account has a usable key.
A mistyped path looks the same as a key that is not there yet: see the log, or run `betatel-exporter check`.

Key files, and other files below, must be regular files. The limits are 64 KiB for a key, 256 KiB for YAML and 1 MiB for
`ca_file`.

## Several accounts

```yaml
accounts:
  - name: shop
    account_id: "675aed61"
    api_key_file: /run/secrets/shop-key
    daily_budget: {{EUR: 50}}
  - name: bank
    account_id: "91c0ffee"
    api_key_file: /run/secrets/bank-key
    windows: [last5m, lasth, last24h, today]
    recent_pages: 5          # a busy account: up to 500 of its recent messages per scrape
    recent_destinations: 10
```

The list replaces the settings of one account: {_replaced()}. All other settings apply to every account; those that an
account can set too are in this table. Relative paths start at the folder of the file.

{table(("key of an account", "required", "description"), _account_rows())}

## Connections

`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are used, with proxies of `http://` and `https://`.
`SSL_CERT_FILE` and `SSL_CERT_DIR` replace the system's certificate authorities. `ca_file` adds to them, and is followed
when it changes: an unusable file leaves the last good authorities in use.

## Timeouts and caching

A scrape takes at most the smaller of `timeout` and Prometheus' own `scrape_timeout`
(`X-Prometheus-Scrape-Timeout-Seconds`), less `timeout_offset`, but never less than half of it. Queries without an answer
by then fail as `timeout`; the others are exposed.

Concurrent scrapes share queries: each query of an account is in flight at most once. With `cache_ttl` above 0, a
successful result is also shared for that long, which halves the requests of a pair of Prometheus servers. Failures are
never cached.

After HTTP 429 with `Retry-After`, the account's queries fail as `rate_limited` without being sent until then, one hour at
most.
"""


def _groups() -> str:
    head = ("setting", "flag", "variable", "default", "description")
    return "\n\n".join(
        f"## {group[0].upper()}{group[1:]}\n\n{table(head, map(_row, settings))}"
        for group, settings in groupby(SETTINGS, key=lambda setting: setting.group)
    )


def _row(setting: Setting) -> Sequence[str]:
    codes = (setting.key, setting.flag, setting.variable, setting.default)
    return *(f"`{code}`" if code else "" for code in codes), setting.description


def _replaced() -> str:
    return ", ".join(f"`{outside}`" for outside in ONE_ACCOUNT.values())


def _account_rows() -> Iterator[Sequence[str]]:
    for setting in ACCOUNT_SETTINGS:
        yield f"`{setting.key}`", "yes" if setting.required else "", setting.description
