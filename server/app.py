"""Puts the parts together: settings -> transports -> clients -> desk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from blave_mcp.exchanges.actions import Action, Origin
from blave_mcp.exchanges.binance.dialect import BinanceDialect
from blave_mcp.exchanges.binance.verbs import BinanceFutures, BinanceSpot
from blave_mcp.exchanges.bingx.dialect import BingXDialect
from blave_mcp.exchanges.bingx.verbs import BingXSpot, BingXSwap
from blave_mcp.exchanges.bitget.dialect import BitgetDialect
from blave_mcp.exchanges.bitget.verbs import BitgetFutures, BitgetSpot
from blave_mcp.exchanges.blave.dialect import BlaveDialect
from blave_mcp.exchanges.bybit.dialect import BybitDialect
from blave_mcp.exchanges.bybit.verbs import BybitLinear, BybitSpot
from blave_mcp.exchanges.client import VenueClient
from blave_mcp.exchanges.clock import Clock, SystemClock
from blave_mcp.exchanges.dialect import Dialect
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.gate import Gate, Hands
from blave_mcp.exchanges.limits import Pacer
from blave_mcp.exchanges.models import Market, Trace
from blave_mcp.exchanges.okx.dialect import OkxDialect
from blave_mcp.exchanges.okx.verbs import OkxMargin, OkxPerpetual, OkxSpot
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.exchanges.wire import Credentials, Transport
from blave_mcp.server.settings import PREFIX, Settings
from blave_mcp.server.store import HaltFile, SqliteLedger, Store, principal
from blave_mcp.tools.desk import Desk, Limits, Venue


@dataclass(frozen=True, slots=True)
class Kind:
    """A venue that this server knows: its dialect and the verbs of its markets."""

    dialect: Dialect
    markets: Mapping[Market, Verbs]
    data_only: bool = False


def kinds() -> dict[str, Kind]:
    """Every venue, by name, in the order in which they are listed."""
    return {
        "blave": Kind(BlaveDialect(), {}, data_only=True),
        "binance": Kind(BinanceDialect(), {Market.SPOT: BinanceSpot(), Market.PERPETUAL: BinanceFutures()}),
        "bingx": Kind(BingXDialect(), {Market.SPOT: BingXSpot(), Market.PERPETUAL: BingXSwap()}),
        "okx": Kind(
            OkxDialect(),
            {Market.SPOT: OkxSpot(), Market.MARGIN: OkxMargin(), Market.PERPETUAL: OkxPerpetual()},
        ),
        "bybit": Kind(BybitDialect(), {Market.SPOT: BybitSpot(), Market.PERPETUAL: BybitLinear()}),
        "bitget": Kind(BitgetDialect(), {Market.SPOT: BitgetSpot(), Market.PERPETUAL: BitgetFutures()}),
    }


def url_names() -> dict[str, tuple[str, str]]:
    """Every variable that overrides a base URL: its name -> (venue, product)."""
    return {
        f"{PREFIX}{venue}{'' if len(kind.dialect.hosts) == 1 else f'_{product}'}_URL".upper(): (venue, product)
        for venue, kind in kinds().items()
        for product in kind.dialect.hosts
    }


@dataclass(slots=True)
class App:
    """The running parts, and how they are put away."""

    settings: Settings
    store: Store
    desk: Desk
    transports: tuple[Transport, ...]

    async def aclose(self) -> None:
        for transport in self.transports:
            closing = getattr(transport, "aclose", None)
            if closing is not None:
                await closing()
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


def build(settings: Settings, *, clock: Clock | None = None, who: str = "") -> App:
    """Builds the app. Opens the store; sends nothing.

    Args:
        who: who is connected; over stdio, the default, the machine's own user.
    """
    clock = clock or SystemClock()
    store = Store(settings.home / "blave-mcp.sqlite3")
    venues: dict[str, Venue] = {}
    transports: list[Transport] = []
    paper = None
    live: Transport | None = None
    for name, kind in kinds().items():
        dialect = kind.dialect
        hosts = dialect.hosts
        missing, setup = "", _setup(dialect)
        credentials: Credentials | None
        transport: Transport
        backups: dict[str, str] = {}
        testnet = False
        if settings.mode == "paper":
            from blave_mcp.server.paper import PaperHouse

            paper = paper or PaperHouse(settings, clock)
            credentials = paper.credentials(name)
            transport = paper.transport
            urls = paper.urls(name, {product: host.live for product, host in hosts.items()})
        else:
            from blave_mcp.exchanges.http import HttpTransport

            credentials, missing = credentials_for(dialect, settings)
            live = live or HttpTransport()
            transport = live
            testnet = settings.mode == "testnet" and not kind.data_only
            if testnet and not all(host.testnet for host in hosts.values()):
                continue
            urls = {product: host.testnet if testnet else host.live for product, host in hosts.items()}
            own = {product: settings.url(name, product) for product in hosts}
            if not testnet and not any(own.values()):
                backups = {product: host.backup for product, host in hosts.items() if host.backup}
            urls.update({product: url for product, url in own.items() if url})
        if transport not in transports:
            transports.append(transport)
        client = VenueClient(
            dialect,
            transport,
            credentials,
            base_urls=urls,
            backup_urls=backups,
            clock=clock,
            pacer=Pacer(clock),
            testnet=testnet,
            missing=missing,
        )
        venues[name] = Venue(
            name=name,
            title=dialect.title,
            client=client,
            markets=kind.markets,
            account=fingerprint(credentials),
            setup=setup,
            notice=dialect.notice,
        )
    desk = Desk(
        mode=settings.mode,
        venues=venues,
        clock=clock,
        principal=who or principal(),
        halt=HaltFile(settings.home),
        limits=Limits(
            max_order_quote=settings.max_order_quote,
            max_leverage=settings.max_leverage,
            price_tolerance_percent=settings.price_tolerance_percent,
        ),
        channel=settings.confirm,
        prices=paper.prices if paper else "",
    )
    ledger = SqliteLedger(store, answerable=lambda venue, origin: _answers_for(desk, venue, origin))
    desk.gate = Gate(ledger, clock, _careful(desk), ttl_ms=settings.confirm_seconds * 1000)
    return App(settings, store, desk, tuple(transports))


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
