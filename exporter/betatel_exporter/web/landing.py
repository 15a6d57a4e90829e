"""The landing page: what is known of every account and query, made from memory."""

from collections.abc import Iterable, Sequence
from html import escape
from string import Template

from betatel_exporter.collector import Collector
from betatel_exporter.results import QueryResult

DOCS = "https://github.com/betatel-exporter/betatel-exporter"

CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The page loads nothing and runs nothing; its style stands in itself."""

_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>betatel-exporter</title>
<style>
:root { --ink: #1c2430; --soft: #5b6675; --line: #dde2e9; --paper: #fff; --ground: #f5f7fa; --link: #1a5fb4;
  --good: #12714a; --good-ground: #e0f4ea; --bad: #b3261e; --bad-ground: #fde7e5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa5b4; --line: #2e3744; --paper: #1a212b;
  --ground: #12171e; --link: #8ab8f5; --good: #7fdcb0; --good-ground: #12372a; --bad: #ffb4ab; --bad-ground: #4a1a17; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1rem 3rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 0; font-size: 1.1rem; }
p { margin: .3rem 0; }
a { color: var(--link); }
.soft { color: var(--soft); }
section { margin-top: 1.5rem; padding: 1rem 1.2rem; background: var(--paper); border: 1px solid var(--line);
  border-radius: .6rem; overflow-x: auto; }
header.account { display: flex; gap: .8rem; align-items: center; flex-wrap: wrap; margin-bottom: .6rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; font-size: .85rem; color: var(--soft); }
th, td { padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
td.number, th.number { padding-right: 1.6rem; text-align: right; white-space: nowrap; }
code { font-family: ui-monospace, monospace; }
.mark { display: inline-block; padding: 0 .6rem; border-radius: 1rem; font-size: .85rem; white-space: nowrap; }
.good { color: var(--good); background: var(--good-ground); }
.bad { color: var(--bad); background: var(--bad-ground); }
.none { color: var(--soft); background: var(--ground); }
nav a { margin-right: 1.2rem; }
</style>
</head>
<body>
<h1>betatel-exporter</h1>
<p class="soft">Version $version. Telegram one-time codes through Betatel Connect Hub, as Prometheus metrics.</p>
<nav><a href="$metrics">Metrics</a><a href="$docs#readme">Documentation</a><a href="/-/healthy">Health</a></nav>
$accounts
<p class="soft">What the last collection found. This page asks the API nothing; a scrape of
<a href="$metrics">$metrics</a> does.</p>
</body>
</html>
""")


def render(accounts: Iterable[Collector], version: str, metrics_path: str, now: float) -> str:
    """The page at a time, in seconds since the epoch."""
    return _PAGE.substitute(
        version=escape(version),
        metrics=escape(metrics_path),
        docs=DOCS,
        accounts="\n".join(_account(account, now) for account in accounts),
    )


def _account(account: Collector, now: float) -> str:
    outcomes = [account.results.get(query.name) for query in account.queries]
    cooldown = account.cooldown_until
    waiting = (
        f'<span class="soft">waiting {_age(cooldown - now)} as Retry-After asked</span>' if cooldown else ""
    )
    rows = "\n".join(
        _row(query.name, outcome, now) for query, outcome in zip(account.queries, outcomes, strict=True)
    )
    return f"""<section>
<header class="account"><h2>{escape(account.account)}</h2>{_summary(outcomes)}{waiting}
<a href="/probe?account={escape(account.account)}">this account's metrics</a></header>
<table>
<thead><tr><th>Query</th><th>Outcome</th><th class="number">Age</th><th class="number">Took</th><th>Reason</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</section>"""


def _summary(outcomes: Sequence[QueryResult | None]) -> str:
    known = [outcome for outcome in outcomes if outcome]
    failed = sum(outcome.failure is not None for outcome in known)
    if not known:
        return '<span class="mark none">not collected yet</span>'
    if failed:
        return f'<span class="mark bad">{failed} of {len(outcomes)} queries failed</span>'
    return '<span class="mark good">up</span>'


def _row(name: str, outcome: QueryResult | None, now: float) -> str:
    if outcome is None:
        return f'<tr><td><code>{name}</code></td><td colspan="4"><span class="mark none">none yet</span></td></tr>'
    failure = outcome.failure
    mark = '<span class="mark bad">failed</span>' if failure else '<span class="mark good">ok</span>'
    reason = f"<code>{failure.reason}</code> {escape(failure.detail)}" if failure else ""
    return (
        f"<tr><td><code>{name}</code></td><td>{mark}</td>"
        f'<td class="number">{_age(now - outcome.time)}</td>'
        f'<td class="number">{outcome.duration * 1000:.0f} ms</td><td>{reason}</td></tr>'
    )


def _age(seconds: float) -> str:
    """A time span as people say it, in its largest unit."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
