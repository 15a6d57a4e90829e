"""The landing page: the numbers of the last scrape, the worst account first; from memory."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from string import Template

from betatel_exporter.api.vocabulary import Status, Window
from betatel_exporter.collector import Collector
from betatel_exporter.metrics import Budgets
from betatel_exporter.web.account_view import LONG, AccountView, Share, State
from betatel_exporter.web.history import History

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
"""CSS class and text."""


class LandingPage:
    """Keeps an hour of history for the pictures, and renders."""

    def __init__(
        self,
        collectors: Sequence[Collector],
        budgets: Budgets,
        version: str,
        metrics_path: str,
        clock: Callable[[], float],
    ) -> None:
        self._collectors = collectors
        self._budgets = budgets
        self._template = Template(files(__package__).joinpath("landing.html").read_text(encoding="utf-8"))
        self._version = version
        self._metrics_path = metrics_path
        self._clock = clock
        self._histories = {collector.account: History() for collector in collectors}

    def record(self, accounts: Collection[str]) -> None:
        """Add a point to the history of each of these accounts; called after each scrape."""
        now = self._clock()
        for collector in self._collectors:
            if collector.account in accounts:
                self._histories[collector.account].record(AccountView(collector), now)

    def render(self) -> str:
        now = self._clock()
        views = [AccountView(collector) for collector in self._collectors]
        views.sort(key=lambda view: (view.state, view.account))
        sections = [self._section(view, now) for view in views[:DETAILED]]
        others = [_short_row(view) for view in views[DETAILED:]]
        columns = ("Account", "State", "#Requests 1 h", "#Failed 1 h", "#Unreached", "")
        if others:
            sections.append(f"<section>{_table('Other accounts', columns, others)}</section>")
        worst = views[0].state if views else State.UNKNOWN
        return self._template.substitute(
            title=f"{'▲ ' if worst < State.UNKNOWN else ''}betatel-exporter",
            refresh=REFRESH_SECONDS,
            version=escape(self._version),
            metrics=escape(self._metrics_path),
            docs=DOCS,
            summary=_summary([view.state for view in views], worst),
            accounts="\n".join(sections),
        )

    def _section(self, view: AccountView, now: float) -> str:
        tables = (
            _windows(view),
            _destinations(view),
            _statuses(view),
            _spend(view, self._budgets.get(view.account, {})),
            _last_hour(self._histories[view.account], now),
        )
        failing = " class=failing" if STATES[view.state][0] == "bad" else ""
        until = view.cooldown_until
        cooldown = f'<span class="soft">in cool-down for {_age(until - now)}</span>' if until else ""
        return f"""<section{failing}>
<header class="account"><h2>{escape(view.account)}</h2>{_mark(view)}{cooldown}
{_link(view)}</header>
<div class="columns">
{"".join(tables)}
</div>
{_failures(view)}
{_last_scrape(view, now)}
</section>"""


def _summary(states: Sequence[State], worst: State) -> str:
    counts = [(STATES[state][1], states.count(state)) for state in State if state in states]
    text = f"{len(states)} accounts: {', '.join(f'{count} {text}' for text, count in counts)}"
    if len(states) == 1:
        text = counts[0][0].capitalize()
    return f'<p class="summary {STATES[worst][0]}">{text}</p>'


def _short_row(view: AccountView) -> Sequence[str]:
    share = view.windows.get(LONG)
    return escape(view.account), _mark(view), _count(share), _ratio(share), _ratio(view.people), _link(view)


def _link(view: AccountView) -> str:
    return f'<a class="soft" href="/probe?account={escape(view.account)}">metrics</a>'


def headline(view: AccountView) -> str:
    """The state of an account in a few words."""
    match view.state:
        case State.DESTINATION_FAILING:
            country, network = view.failing_destinations[0]
            return f"{network} ({country}) is failing"
        case State.PARTLY_BLIND:
            return f"{view.failed} of {view.queries} queries failed"
        case state:
            return STATES[state][1]


def _mark(view: AccountView) -> str:
    return f'<span class="mark {STATES[view.state][0]}">{escape(headline(view))}</span>'


def _windows(view: AccountView) -> str:
    rows = []
    for window in Window:
        if share := view.windows.get(window):
            ratio = _red(_ratio(share), when=view.fails_more_than_usual(window))
            rows.append((window, _count(share), f"{share.failed:,.0f}", ratio))
    usual = _ratio(view.usual)
    title = f"Requests, usually {usual} failed" if usual else "Requests"
    return _table(title, ("Window", "#Requested", "#Failed", "#Ratio"), rows)


def _destinations(view: AccountView) -> str:
    people = view.people
    if people is None:
        return ""
    rows = []
    for place in view.worst_destinations[:DESTINATIONS]:
        share = view.unreached[place]
        ratio = _red(_ratio(share), when=place in view.failing_destinations)
        if share.failed:
            rows.append((*map(escape, place), f"{share.failed:,.0f}", _count(share), ratio))
    title = f"Unreached recipients: {people.failed:,.0f} of {people.total:,.0f}"
    return _table(title, ("Country", "Network", "#Unreached", "#Recipients", "#Ratio"), rows, "none")


def _statuses(view: AccountView) -> str:
    rows = [(status, f"{view.totals[status]:,.0f}") for status in Status if status in view.totals]
    return _table("Messages by status", ("Status", "#Now"), rows)


def _spend(view: AccountView, budgets: Mapping[str, float]) -> str:
    rows = []
    for currency in sorted({*view.spend, *budgets}):
        spent, budget = view.spend.get(currency), budgets.get(currency)
        over = spent is not None and budget is not None and spent > budget
        rows.append((currency, _red(_money(spent), when=over), _money(budget)))
    span = "today" if Window.TODAY in view.windows else "24 h"
    return _table(f"Spend {span}", ("Currency", "#Billed", "#Daily budget"), rows)


def _last_hour(history: History, now: float) -> str:
    pictures = [*history.pictures(now)]
    return _table("Last hour", ("Value", ""), pictures) if pictures else ""


def _failures(view: AccountView) -> str:
    """Causes and the queries they affect."""
    rows = [
        (f"<code>{failure.reason}</code>", escape(failure.detail), f"<code>{', '.join(names)}</code>")
        for failure, names in view.failures.items()
    ]
    return _table("Failed queries", ("Reason", "Detail", "Queries"), rows) if rows else ""


def _last_scrape(view: AccountView, now: float) -> str:
    if not view.results:
        return ""
    oldest = min(result.time for result in view.results.values())
    return f'<p class="soft">{len(view.results)} queries, the oldest result {_age(now - oldest)} old</p>'


class _Red(str):
    """The text of a cell that is marked red."""

    __slots__ = ()


def _red(text: str, *, when: bool) -> str:
    return _Red(text) if when else text


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], empty: str = "unknown") -> str:
    """Rows of HTML cells. The columns whose title begins with `#` are aligned as numbers."""
    head = "".join(_cell("th", column, column.removeprefix("#")) for column in columns)
    lines = [[_cell("td", *cell) for cell in zip(columns, row, strict=True)] for row in rows]
    lines = lines or [[f'<td class="soft" colspan="{len(columns)}">{empty}</td>']]
    body = "\n".join(f"<tr>{''.join(line)}</tr>" for line in lines)
    return (
        f"<div><h3>{title}</h3><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
    )


def _cell(tag: str, column: str, text: str) -> str:
    classes = " ".join(["number"] * column.startswith("#") + ["bad"] * isinstance(text, _Red))
    return f'<{tag} class="{classes}">{text}</{tag}>' if classes else f"<{tag}>{text}</{tag}>"


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
