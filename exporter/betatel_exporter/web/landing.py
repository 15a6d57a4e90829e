"""The landing page: the numbers of the last scrape, the worst account first; from memory."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template

from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.collector import Collector
from betatel_exporter.metrics import Budgets
from betatel_exporter.results import QueryResult
from betatel_exporter.web import pictures
from betatel_exporter.web.account_view import LONG, SHORT, AccountView, State, point, view
from betatel_exporter.web.history import SPAN, History, Point
from betatel_exporter.web.significance import Share, significantly_worse

DOCS = "https://github.com/betatel-exporter/betatel-exporter"

CSP = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The page loads nothing and runs nothing; its style is inline."""

REFRESH_SECONDS = 10

DETAILED = 12
"""Accounts shown in full, the worst ones; the others have a row each."""

DESTINATIONS = 5
"""Destinations listed, the worst ones."""

STATES = {
    State.DELIVERY_FAILING: ("bad", "codes are failing"),
    State.DESTINATION_FAILING: ("bad", "a destination is failing"),
    State.API_FAILING: ("bad", "no data"),
    State.PARTLY_BLIND: ("warn", "some data missing"),
    State.UNKNOWN: ("unknown", "not scraped yet"),
    State.UP: ("good", "up"),
}


class LandingPage:
    """Keeps an hour of history for the pictures, and renders."""

    def __init__(
        self, collectors: Sequence[Collector], budgets: Budgets, version: str, metrics_path: str
    ) -> None:
        self._collectors = collectors
        self._budgets = budgets
        self._template = Template(files(__package__).joinpath("landing.html").read_text(encoding="utf-8"))
        self._version = version
        self._metrics_path = metrics_path
        self._histories = {collector.account: History() for collector in collectors}

    def record(self, accounts: Iterable[str], now: float) -> None:
        """Keep a point of each of these accounts; called after each scrape."""
        for collector in self._collectors:
            if collector.account in accounts:
                viewed = view(collector.results, len(collector.queries))
                self._histories[collector.account].add(point(now, viewed))

    def render(self, now: float) -> str:
        viewed = [
            (collector, view(collector.results, len(collector.queries))) for collector in self._collectors
        ]
        viewed.sort(key=lambda pair: (pair[1].state, pair[0].account))
        worst = min((each.state for _, each in viewed), default=State.UNKNOWN)
        sections = [self._section(collector, each, now) for collector, each in viewed[:DETAILED]]
        return self._template.substitute(
            title=f"{'▲ ' if worst < State.UNKNOWN else ''}betatel-exporter",
            refresh=REFRESH_SECONDS,
            version=escape(self._version),
            metrics=escape(self._metrics_path),
            docs=DOCS,
            summary=_summary([each.state for _, each in viewed], worst),
            accounts="\n".join([*sections, self._rows(viewed[DETAILED:])]),
        )

    def _section(self, collector: Collector, viewed: AccountView, now: float) -> str:
        failing = " class=failing" if STATES[viewed.state][0] == "bad" else ""
        cooldown = collector.cooldown_until
        waiting = f'<span class="soft">in cool-down for {_age(cooldown - now)}</span>' if cooldown else ""
        return f"""<section{failing}>
<header class="account"><h2>{escape(collector.account)}</h2>{_mark(viewed)}{waiting}
<a class="soft" href="/probe?account={escape(collector.account)}">metrics</a></header>
<div class="columns">
{_windows(viewed)}
{_destinations(viewed)}
{_statuses(viewed)}
{_spend(viewed, self._budgets.get(collector.account, {}))}
{_history(self._histories[collector.account].points(), now, viewed.state)}
</div>
{_failures(viewed)}
{_last_scrape(collector.results, now)}
</section>"""

    def _rows(self, viewed: Sequence[tuple[Collector, AccountView]]) -> str:
        if not viewed:
            return ""
        rows = "\n".join(
            f"<tr><td>{escape(collector.account)}</td><td>{_mark(each)}</td>"
            f'<td class="number">{_count(each.share(LONG))}</td><td class="number">{_ratio(each.share(LONG))}</td>'
            f'<td class="number">{_ratio(each.people)}</td>'
            f'<td><a href="/probe?account={escape(collector.account)}">metrics</a></td></tr>'
            for collector, each in viewed
        )
        return f"""<section><table>
<thead><tr><th>Account</th><th>State</th><th class="number">Requests 1 h</th><th class="number">Failed 1 h</th>
<th class="number">Not reached</th><th></th></tr></thead>
<tbody>
{rows}
</tbody></table></section>"""


def _summary(states: Sequence[State], worst: State) -> str:
    counts = [(STATES[state][1], states.count(state)) for state in State if state in states]
    css = STATES[worst][0]
    if len(states) == 1:
        return f'<p class="summary {css}">{counts[0][0].capitalize()}</p>'
    listed = ", ".join(f"{count} {text}" for text, count in counts)
    return f'<p class="summary {css}">{len(states)} accounts: {listed}</p>'


def _mark(viewed: AccountView) -> str:
    css, text = STATES[viewed.state]
    if viewed.state is State.PARTLY_BLIND:
        text = f"{viewed.failed} of {viewed.queries} queries failed"
    if viewed.state is State.DESTINATION_FAILING:
        country, network = viewed.failing_destinations()[0]
        text = escape(f"{network} ({country}) is failing")
    return f'<span class="mark {css}">{text}</span>'


def _windows(viewed: AccountView) -> str:
    rows = "\n".join(_window(window, viewed) for window in Window if window in viewed.windows)
    usual = _ratio(viewed.usual)
    title = f"Requests, usually {usual} failed" if usual else "Requests"
    return _table(title, ("Window", "#Requested", "#Failed", "#Ratio"), rows or _nothing(4))


def _window(window: Window, viewed: AccountView) -> str:
    share = viewed.share(window)
    worse = window in {SHORT, LONG} and share and viewed.usual and significantly_worse(share, viewed.usual)
    failed = f"{share.failed:,.0f}" if share else ""
    return (
        f"<tr><td>{window}</td>{_number(_count(share))}{_number(failed)}"
        f"{_number(_ratio(share), bad=bool(worse))}</tr>"
    )


def _destinations(viewed: AccountView) -> str:
    people = viewed.people
    if people is None:
        return ""
    failing = viewed.failing_destinations()
    rows = "\n".join(
        f"<tr><td>{escape(place.country)}</td><td>{escape(place.network)}</td>{_number(f'{share.failed:,.0f}')}"
        f"{_number(_count(share))}{_number(_ratio(share), bad=place in failing)}</tr>"
        for place in viewed.worst_destinations()[:DESTINATIONS]
        if (share := viewed.unreached[place]).failed
    )
    title = f"People not reached: {people.failed:,.0f} of {people.total:,.0f}"
    columns = ("Country", "Network", "#Not reached", "#People", "#Ratio")
    return _table(title, columns if rows else (), rows)


def _statuses(viewed: AccountView) -> str:
    rows = "\n".join(
        f"<tr><td>{status}</td>{_number(f'{viewed.totals[status]:,.0f}')}</tr>"
        for status in Status
        if status in viewed.totals
    )
    return _table("Messages by status", ("Status", "#Now"), rows or _nothing(2))


def _spend(viewed: AccountView, budgets: Mapping[str, float]) -> str:
    spend = viewed.spend()
    rows = [
        f"<tr><td>{currency}</td>"
        f"{_number(_money(spend.get(currency)), bad=spend.get(currency, 0) > budgets.get(currency, math.inf))}"
        f"{_number(_money(budgets.get(currency)))}</tr>"
        for currency in sorted({*spend, *budgets})
    ]
    span = "today" if Window.TODAY in viewed.windows else "24 h"
    return _table(f"Spend {span}", ("Currency", "#Billed", "#Daily budget"), "\n".join(rows) or _nothing(3))


def _history(points: Sequence[Point], now: float, state: State) -> str:
    """The last hour of scrapes; the times of gaps stay empty."""
    start = now - SPAN
    failing = "bad-line" if state is State.DELIVERY_FAILING else ""
    unreachable = "bad-line" if state <= State.DESTINATION_FAILING else ""
    requests = [(each.time, each.requests) for each in points]
    failed = [(each.time, each.failed) for each in points]
    unreached = [(each.time, each.unreached) for each in points]
    drawn = [
        ("requests", requests, "", pictures.highest((value for _, value in requests), 1)),
        ("failed", failed, failing, pictures.highest((value for _, value in failed), 0.2)),
        ("not reached", unreached, unreachable, pictures.highest((value for _, value in unreached), 0.2)),
    ]
    rows = "\n".join(
        f"<tr><td>{label}</td><td>"
        f"{pictures.line(series, start, now, top=top, css=colour, label=f'{label}, last hour')}</td></tr>"
        for label, series, colour, top in drawn
        if any(value is not None for _, value in series)
    )
    return _table("Last hour", (), rows) if rows else ""


def _failures(viewed: AccountView) -> str:
    """Causes and the queries they hit."""
    rows = "\n".join(
        f"<tr><td><code>{failure.reason}</code></td><td>{escape(failure.detail)}</td>"
        f"<td><code>{', '.join(names)}</code></td></tr>"
        for failure, names in viewed.failures.items()
    )
    return _table("Failed queries", ("Reason", "Detail", "Queries"), rows) if rows else ""


def _last_scrape(results: Mapping[str, QueryResult], now: float) -> str:
    if not results:
        return ""
    slowest = max(results.values(), key=lambda result: result.duration)
    oldest = min(result.time for result in results.values())
    return (
        f'<p class="soft">{len(results)} queries, the oldest result {_age(now - oldest)} old, '
        f"the slowest <code>{slowest.query.name}</code> with {slowest.duration * 1000:.0f} ms</p>"
    )


def _table(title: str, columns: Sequence[str], rows: str) -> str:
    """A `#` before a column's title aligns it as numbers are."""
    heads = "".join(
        f'<th class="number">{column[1:]}</th>' if column.startswith("#") else f"<th>{column}</th>"
        for column in columns
    )
    head = f"<thead><tr>{heads}</tr></thead>" if columns else ""
    return f"<div><h3>{title}</h3><table>{head}<tbody>\n{rows}\n</tbody></table></div>"


def _nothing(columns: int) -> str:
    return f'<tr><td class="soft" colspan="{columns}">unknown</td></tr>'


def _number(text: str, *, bad: bool = False) -> str:
    return f'<td class="number{" bad" if bad else ""}">{text}</td>'


def _money(amount: float | None) -> str:
    return "" if amount is None else f"{amount:,.2f}"


def _count(share: Share | None) -> str:
    return f"{share.total:,.0f}" if share else ""


def _ratio(share: Share | None) -> str:
    return f"{share.ratio:.1%}" if share and share.ratio is not None else ""


def _age(seconds: float) -> str:
    """A duration in its largest unit."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
