"""docs/configuration.md, from the settings."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from betatel_exporter.config import ACCOUNT_SETTINGS, ONE_ACCOUNT, SETTINGS, Setting
from tools.markdown import GENERATED, codes, table


def files() -> Mapping[str, str]:
    return {"docs/configuration.md": configuration()}


def configuration() -> str:
    return f"""{GENERATED}
# Configuration

Each setting is a flag, a `BETATEL_…` variable and a key of the YAML file that `--config.file` names, in this order of
precedence. Empty variables and keys count as unset. If a setting is invalid, startup fails with exit code 2 and prints
one line per error:

```text
betatel-exporter: BETATEL_WINDWOS: unknown variable; did you mean BETATEL_WINDOWS?
betatel-exporter: /etc/betatel-exporter.yml:4: accounts.shop.account_id: must be text, not a number: quote it
```

Errors never contain a value, because it may be a misplaced key.

{_groups()}

## API keys

Set exactly one of `api_key_file` and `api_key`. Neither is a flag, because every process list shows command lines.

A key file is read at each scrape, so a new key needs no restart. If the file disappears or becomes unusable, the last
good key stays in use and an error is logged. Without a usable key at startup, the queries of that account fail with
reason `internal` until there is one; startup fails only if no account has a usable key. Key files must be regular
files of at most 64 KiB.

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

The list replaces {_replaced()}. All other settings apply to every account; an account can override {_overridden()}.
Relative paths start at the folder of the file.

## Connections

`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are used, with proxies of `http://` and `https://`.
`SSL_CERT_FILE` and `SSL_CERT_DIR` replace the system's certificate authorities; `ca_file` adds to them and is read
again when it changes.

## Timeouts and caching

A scrape takes at most the smaller of `timeout` and Prometheus' own `scrape_timeout`, less `timeout_offset`, but never
less than half of it. Queries without a response by then fail as `timeout`; the others are exposed.

Each query of an account is in flight at most once; concurrent scrapes share it. With `cache_ttl` above 0, a successful
result is also shared for that long, which halves the requests of two Prometheus servers. Failures are never cached.
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
    return codes(ONE_ACCOUNT.values())


def _overridden() -> str:
    return codes(setting.key for setting in ACCOUNT_SETTINGS if setting.key not in ONE_ACCOUNT)
