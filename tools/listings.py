"""What there is: venues, what each can, and instruments."""

from __future__ import annotations

from decimal import Decimal

from blave_mcp.exchanges.blave.indicators import INDICATORS
from blave_mcp.exchanges.blave.verbs import BlaveData
from blave_mcp.exchanges.endpoint import Effect
from blave_mcp.exchanges.errors import BadArgument, BlaveError
from blave_mcp.exchanges.models import Instrument, Market
from blave_mcp.exchanges.params import flag, integer, text
from blave_mcp.exchanges.untrusted import clean
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.tools.answers import MARKET, PERPETUAL, VENUE, answer, table, told
from blave_mcp.tools.blave.market import BLAVE
from blave_mcp.tools.desk import Desk, Venue
from blave_mcp.tools.format import exact
from blave_mcp.tools.spec import Result, Tool, Toolset, Touch
from blave_mcp.tools.summary import MODE_LINES

VERBS = (
    "instruments", "ticker", "candles", "book", "trades", "funding_rates", "balances", "positions", "open_orders",
    "order", "order_history", "fills", "settings", "brackets", "place", "amend", "cancel", "cancel_all", "protect",
    "set_leverage", "set_margin_mode", "set_position_mode", "adjust_margin", "transfer",
)  # fmt: skip


def has_verb(verbs: Verbs, name: str) -> bool:
    """Whether the market's verbs implement this one."""
    return getattr(type(verbs), name) is not getattr(Verbs, name)


async def list_venues(desk: Desk, *, venue: str = "") -> Result:
    if venue:
        return _one_venue(desk, desk.venue(venue))
    rows = [
        (v.name, v.title, "yes" if v.configured else "no", " ".join(v.markets) or "data only", *_endpoints(v))
        for v in desk.venues.values()
    ]
    shown = table(("venue", "title", "key", "markets", "reads", "writes"), rows)
    parts = [
        _mode(desk),
        shown.text,
        "list_venues with a venue tells what it can, what it lacks and how to set its key.",
    ]
    return answer(desk, list(desk.venues.values()), parts, {"venues": shown.data})


def _mode(desk: Desk) -> str:
    """Said here in live mode; in the others every answer begins with it."""
    return f"Mode: {MODE_LINES[desk.mode]}." if desk.mode == "live" else ""


def _endpoints(venue: Venue) -> tuple[int, int]:
    effects = [endpoint.effect for endpoint in venue.client.dialect.catalogue]
    writes = effects.count(Effect.WRITE)
    return len(effects) - writes, writes


def _one_venue(desk: Desk, venue: Venue) -> Result:
    reads, writes = _endpoints(venue)
    key = "is set." if venue.configured else f"is not set. {venue.setup}"
    lines = [
        _mode(desk),
        f"{venue.title} ({venue.name}): {reads} endpoints that read, {writes} that write. The key {key}",
    ]
    if venue.name == BLAVE:
        lines.append(
            f"candles of {', '.join(BlaveData.periods)} and other multiples; prices; the alpha table and "
            f"{len(INDICATORS)} indicators over time; sectors; liquidation maps; screeners; Hyperliquid traders; "
            "TradingView alerts; no account"
        )
    markets = {}
    for market, verbs in venue.markets.items():
        lacks = {name: verbs.lacks.get(name, "") for name in VERBS if not has_verb(verbs, name)}
        markets[market.value] = {
            "intervals": list(verbs.intervals),
            "order_types": list(verbs.order_types),
            "wallets": list(verbs.wallets),
            "can": [name for name in VERBS if name not in lacks],
            "lacks": lacks,
        }
        lines.append(f"{market}:")
        for label, values in (
            ("intervals", verbs.intervals),
            ("orders", verbs.order_types),
            ("wallets", verbs.wallets),
        ):
            lines += [f"  {label}: {', '.join(values)}"] * bool(values)
        for instead in dict.fromkeys(lacks.values()):
            names = ", ".join(name.replace("_", " ") for name, one in lacks.items() if one == instead)
            lines.append(f"  lacks {names}{f': {instead}' if instead else ''}")
    data = {"venue": venue.name, "title": venue.title, "key": venue.configured, "markets": markets}
    return answer(desk, venue, lines, data)


INSTRUMENT_COLUMNS = (
    "symbol", "native", "tick", "step", "min_size", "min_notional", "contract_size", "settle", "trading",
)  # fmt: skip


async def find_instruments(
    desk: Desk,
    *,
    venue: str,
    market: str = PERPETUAL,
    search: str = "",
    base: str = "",
    quote: str = "",
    details: bool = False,
    limit: int = 30,
) -> Result:
    found, verbs = desk.verbs(venue, market)
    if details:
        symbol = search or (f"{base}/{quote}" if base and quote else "")
        if not symbol:
            raise BadArgument("details wants one symbol.", advice='Give it as search: "BTC/USDT".')
        return await _details(desk, found, verbs, await desk.instrument(venue, market, symbol))
    wanted = "".join(c for c in search.upper() if c.isalnum())
    listed = [
        one
        for one in await desk.instruments(venue, market)
        if (wanted in (one.base + one.quote).upper() or wanted in one.native.upper())
        and base.upper() in ("", one.base.upper())
        and quote.upper() in ("", one.quote.upper())
    ]
    listed.sort(key=lambda one: (not one.trading, one.base.upper() != wanted, len(one.symbol), one.symbol))
    rows = [
        (
            clean(one.symbol, most=40), clean(one.native, most=40),
            exact(one.tick), exact(one.step), exact(one.min_size), exact(one.min_notional),
            exact(one.contract_size), one.settle, "yes" if one.trading else "no",
        )
        for one in listed[:limit]
    ]  # fmt: skip
    shown = table(INSTRUMENT_COLUMNS, rows, optional=("min_notional",))
    left = len(listed) - shown.shown
    parts = [
        f"{found.title} {market}: {len(listed)} match; sizes in contracts of contract_size base.",
        shown.text if rows else "",
        f"{left} more are not shown; narrow the search or raise limit." if left else "",
    ]
    return answer(desk, found, parts, told(found, market, instruments=shown.data, not_shown=left))


FACTS = (
    "symbol", "native", "base", "quote", "settle", "contract_size", "tick", "step", "min_size", "max_size",
    "market_step", "market_min", "market_max", "min_notional", "price_up", "price_down",
)  # fmt: skip


async def _details(desk: Desk, venue: Venue, verbs: Verbs, one: Instrument) -> Result:
    values = {name: getattr(one, name) for name in FACTS}
    facts = {name: exact(v) if isinstance(v, Decimal) else v for name, v in values.items() if v is not None}
    parts = [f"{venue.title} {verbs.market} {one.symbol}{'' if one.trading else ' (not trading now)'}"]
    parts += [f"  {name:<13}  {value}" for name, value in facts.items()]
    data = told(venue, verbs.market, instrument={**facts, "trading": one.trading})
    if verbs.market is not Market.SPOT:
        try:
            brackets = await venue.client.ask(verbs.brackets(one.native))
        except BlaveError as error:
            parts.append(f"Maintenance brackets are not known: {error}")
        else:
            columns = ("notional_from", "notional_to", "max_leverage", "maintenance_percent", "deduction")
            rows = [
                (exact(b.floor), exact(b.cap), b.max_leverage, exact(b.rate * 100), exact(b.deduction))
                for b in brackets
            ]
            shown = table(columns, rows)
            parts += ["Maintenance margin = notional * maintenance_percent / 100 - deduction:", shown.text]
            data["brackets"] = shown.data
    return answer(desk, venue, parts, data)


LISTING_TOOLS = (
    Tool(
        name="list_venues",
        title="Venues",
        doc=(
            "Lists the venues, whether each has a key here, its markets, and whether this is paper, testnet or live. "
            "With a venue: its candle intervals, order types, wallets, and what it lacks. Shows no key."
        ),
        toolset=Toolset.MARKET,
        touch=Touch.READ,
        run=list_venues,
        params=(text("venue", "Tell all about this one."),),
    ),
    Tool(
        name="find_instruments",
        title="Instruments",
        doc=(
            "Finds what can be traded, with price tick, size step, least size and notional. With details=true and one "
            "symbol as search: all limits, and the maintenance brackets with the most leverage of each."
        ),
        toolset=Toolset.MARKET,
        touch=Touch.READ,
        run=find_instruments,
        params=(
            text("venue", VENUE, required=True),
            MARKET,
            text("search", 'Part of a symbol: "btc", "BTC/USDT".'),
            text("base", "Base asset."),
            text("quote", "Quote asset."),
            flag("details", "Everything about the one symbol given as search."),
            integer("limit", "Rows.", low=1, high=200),
        ),
    ),
)
