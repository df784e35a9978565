"""Puts the parts together: settings -> transports -> clients -> desk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from blave_mcp.exchanges.actions import Action, Origin
from blave_mcp.exchanges.client import VenueClient
from blave_mcp.exchanges.clock import Clock, SystemClock
from blave_mcp.exchanges.dialect import Dialect
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument
from blave_mcp.exchanges.gate import Gate, Hands
from blave_mcp.exchanges.limits import Pacer
from blave_mcp.exchanges.models import Trace
from blave_mcp.exchanges.turns import Turns
from blave_mcp.exchanges.wire import Credentials, Transport
from blave_mcp.server.alerts import AlertListener
from blave_mcp.server.kinds import KINDS, Kind, kind, kinds
from blave_mcp.server.pacing import SharedPacer
from blave_mcp.server.series_store import SqliteSeries
from blave_mcp.server.settings import PREFIX, BadSetting, Settings
from blave_mcp.server.store import HaltFile, SqliteLedger, Store, principal
from blave_mcp.server.web import Later, channels_of, pages_of
from blave_mcp.tools.desk import Desk, Limits, Venue, Workshop

if TYPE_CHECKING:
    from blave_mcp.server.alert_book import AlertBook
    from blave_mcp.server.notify import Channels
    from blave_mcp.server.paper_house import PaperHouse


@dataclass(slots=True)
class App:
    """The running parts, and how they are put away."""

    settings: Settings
    store: Store
    desk: Desk
    transports: list[Transport]
    series: SqliteSeries
    pacers: list[SharedPacer]
    alerts: AlertListener
    channels: Channels | None = None

    async def aclose(self) -> None:
        for transport in self.transports:
            closing = getattr(transport, "aclose", None)
            if closing is not None:
                await closing()
        for pacer in self.pacers:
            pacer.put_away()
        self.alerts.close()
        self.series.close()
        self.store.close()


def fingerprint(credentials: Credentials | None) -> str:
    """Tells two accounts apart; no part of a key can be got back from it."""
    if credentials is None:
        return ""
    return hashlib.sha256(b"blave-mcp account\0" + credentials.key.encode()).hexdigest()[:12]


def credentials_for(dialect: Dialect, settings: Settings) -> tuple[Credentials | None, str]:
    """The venue's key, or what is missing of it in words."""
    parts = [settings.key(name) for name in dialect.variables]
    if all(parts):
        return Credentials(*parts), ""
    absent = [name for name, part in zip(dialect.variables, parts, strict=True) if not part]
    some = "only a part of a key" if any(parts) else "no key"
    return None, f"{dialect.title} has {some} here: {', '.join(absent)} {'is' if len(absent) == 1 else 'are'} not set."


def _setup(dialect: Dialect) -> str:
    return (
        f"Make a key at {dialect.key_page} (never with the right to withdraw) and set {', '.join(dialect.variables)}."
    )


class _Venues(Mapping[str, Venue]):
    """Venues that are made when they are first asked for."""

    def __init__(self, names: Sequence[str], make: Callable[[str], Venue]) -> None:
        self._names = tuple(names)
        self._make = make
        self._made: dict[str, Venue] = {}

    def __getitem__(self, name: str) -> Venue:
        if name not in self._made:
            if name not in self._names:
                raise KeyError(name)
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _Builder:
    """Makes venues of one mode, and the transports that they share."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self.transports: list[Transport] = []
        self.pacers: list[SharedPacer] = []
        self._house: PaperHouse | None = None
        self._web: Transport | None = None
        if settings.mode == "paper" and (settings.paper_feed or settings.urls):
            self.house()  # what is wrong with them is told at start

    def web(self) -> Transport:
        """The real network, in every mode: for pages that are read and channels that are written to, not for venues."""
        from blave_mcp.exchanges.http import HttpTransport

        if self._web is None:
            self._web = HttpTransport()
            self.transports.append(self._web)
        return self._web

    def names(self) -> list[str]:
        """The venues that this mode offers."""
        if self._settings.mode != "testnet":
            return list(KINDS)
        return [
            name
            for name, one in kinds().items()
            if one.data_only or any(host.testnet for host in one.dialect.hosts.values())
        ]

    def market_ms(self, now_ms: int) -> int:
        """The time at which the data stand: over a file of bars, the file's own."""
        return self._house.market_ms(now_ms) if self._house is not None else now_ms

    def house(self) -> PaperHouse:
        if self._house is None:
            from blave_mcp.server.paper_house import PaperHouse

            self._house = PaperHouse(self._settings, self._clock)
            self.transports.append(self._house.transport)
        return self._house

    def venue(self, name: str) -> Venue:
        one = kind(name)
        client, credentials = self._paper(name, one) if self._settings.mode == "paper" else self._real(name, one)
        return Venue(
            name=name,
            title=one.dialect.title,
            client=client,
            markets={market: verbs for market, verbs in one.markets.items() if verbs.product in client.base_urls},
            account=fingerprint(credentials),
            setup=_setup(one.dialect),
            notice=one.dialect.notice,
            funding=one.funding,
        )

    def _turns(self, one: Kind) -> Turns | None:
        if not one.in_turn:
            return None
        from blave_mcp.server.turns import FileTurns

        return FileTurns(self._settings.home / "turns")

    def _paper(self, name: str, one: Kind) -> tuple[VenueClient, Credentials | None]:
        house = self.house()
        hosts = {product: host.live for product, host in one.dialect.hosts.items()}
        house.open(name, hosts.values())
        credentials = house.credentials(name)
        urls = house.urls(name, hosts)
        client = VenueClient(
            one.dialect,
            house.transport,
            credentials,
            base_urls=urls,
            clock=self._clock,
            pacer=self._pacer(one, urls, credentials),
            turns=self._turns(one),
        )
        return client, credentials

    def _pacer(self, one: Kind, urls: Mapping[str, str], credentials: Credentials | None) -> Pacer:
        """Blave meters a key over minutes, so all processes of the machine that use it share the count."""
        if not one.data_only:
            return Pacer(self._clock)
        owner = " ".join([self._settings.mode, *urls.values(), fingerprint(credentials)])
        pacer = SharedPacer(self._settings.home / "limits.sqlite3", owner, self._clock)
        self.pacers.append(pacer)
        return pacer

    def _real(self, name: str, one: Kind) -> tuple[VenueClient, Credentials | None]:
        hosts = one.dialect.hosts
        testnet = self._settings.mode == "testnet" and not one.data_only
        credentials, missing = credentials_for(one.dialect, self._settings)
        own = {product: url for product in hosts if (url := self._settings.url(name, product))}
        urls = {name: url for name, host in hosts.items() if (url := host.testnet if testnet else host.live)}
        backups = {product: host.backup for product, host in hosts.items() if host.backup}
        client = VenueClient(
            one.dialect,
            self.web(),
            credentials,
            base_urls={**urls, **own},
            backup_urls={} if testnet or own else backups,
            clock=self._clock,
            pacer=self._pacer(one, {**urls, **own}, credentials),
            testnet=testnet,
            missing=missing,
            turns=self._turns(one),
        )
        return client, credentials


def data_source(settings: Settings) -> str:
    """Where Blave's data come from, exactly enough that what was kept of one source is never taken for another's."""
    own = settings.url("blave", "data")
    if settings.mode != "paper":
        return own or "blave"
    if own:
        return f"paper at {own}"
    if not settings.paper_feed or settings.paper_feed.lower() == "live":
        return f"paper {settings.paper_feed.lower() or 'synthetic'}"
    feed = Path(settings.paper_feed).resolve()
    files = sorted([*feed.glob("*.csv"), *feed.glob("*.csv.gz")]) if feed.is_dir() else [feed]
    told = " ".join(f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files)
    return f"paper {feed} {hashlib.sha256(told.encode()).hexdigest()[:16]}"


def prices_in_words(settings: Settings) -> str:
    """Where the paper exchange's prices come from, for people; "" outside paper mode."""
    if settings.mode != "paper":
        return ""
    if not settings.paper_feed:
        return "synthetic"
    if settings.paper_feed.lower() == "live":
        return "live, from Binance's public endpoints"
    return f"real bars of {Path(settings.paper_feed).name}, synthetic for other symbols"


def build(settings: Settings, *, clock: Clock | None = None, who: str = "") -> App:
    """Builds the app. Opens the store; sends nothing.

    Args:
        who: who is connected; over stdio, the default, the machine's own user.
    """
    clock = clock or SystemClock()
    store = Store(settings.home / "blave-mcp.sqlite3")
    builder = _Builder(settings, clock)
    source = data_source(settings)
    series = SqliteSeries(settings.home / "series.sqlite3", source)
    desk = Desk(
        mode=settings.mode,
        venues=_Venues(builder.names(), builder.venue),
        clock=clock,
        principal=who or principal(),
        halt=HaltFile(settings.home),
        limits=Limits(
            max_order_quote=settings.max_order_quote,
            max_leverage=settings.max_leverage,
            price_tolerance_percent=settings.price_tolerance_percent,
        ),
        channel=settings.confirm,
        prices=prices_in_words(settings),
        pages=pages_of(settings, Later(builder.web), clock),
        chart_style=settings.chart_style,
        series=series,
        workshop=Workshop(
            data=settings.data,
            cache=Path(platformdirs.user_cache_dir("blave-mcp", appauthor=False)),
            cluster=settings.cluster,
        ),
        market_ms=builder.market_ms,
    )
    desk.alerts = alerts = _listener(settings, desk, source)
    ledger = SqliteLedger(store, answerable=lambda venue, origin: _answers_for(desk, venue, origin))
    desk.gate = Gate(ledger, clock, _careful(desk), ttl_ms=settings.confirm_seconds * 1000)
    channels = channels_of(settings, Later(builder.web), clock)
    return App(settings, store, desk, builder.transports, series, builder.pacers, alerts, channels)


def _listener(settings: Settings, desk: Desk, source: str) -> AlertListener:
    """What listens to the channels of BLAVE_MCP_ALERT_CHANNELS, once it runs.

    Raises:
        BadSetting: a name that cannot be a channel's.
    """

    def book() -> AlertBook:
        from blave_mcp.server.alert_book import AlertBook

        return AlertBook(settings.home / "alerts.sqlite3", source)

    names = [name.strip() for name in settings.alert_channels.split(",") if name.strip()]
    folder = settings.home / "locks" / f"alerts-{hashlib.sha256(source.encode()).hexdigest()[:12]}"
    try:
        return AlertListener(lambda: desk.venue("blave").client, book, desk.clock, names, locks=folder)
    except BadArgument as error:
        raise BadSetting(f"{PREFIX}ALERT_CHANNELS: {error.what}", error.advice) from None


def _answers_for(desk: Desk, venue: str, origin: Origin) -> bool:
    """Whether the venue as it is here is the one, and the account the one, that an action was sent to."""
    here = desk.venues.get(venue)
    return here is not None and (origin.mode, origin.account) == (desk.mode, here.account)


def _careful(desk: Desk) -> Hands:
    """The desk's hands. They ask no venue what became of an action of another mode or account: a paper exchange would
    say of a live order that there is none."""
    hands = desk.hands()

    async def trace(action: Action, call: Call, sent_ms: int) -> Trace | None:
        return await hands.trace(action, call, sent_ms) if _answers_for(desk, action.venue, action.origin) else None

    return replace(hands, trace=trace)
