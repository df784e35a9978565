"""What the market says: prices, candles, books, trades, funding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from msgspec import structs

from blave_mcp.exchanges.errors import BlaveError
from blave_mcp.exchanges.models import Candle, FundingRate, Instrument, OrderBook, Side, Ticker
from blave_mcp.exchanges.params import decimal, integer, text
from blave_mcp.tools.answers import (
    END,
    MARKET,
    PERPETUAL,
    START,
    VENUE,
    answer,
    failures,
    newest,
    rest,
    split,
    table,
    together,
    told,
)
from blave_mcp.tools.blave.history import newest_candles
from blave_mcp.tools.blave.market import BLAVE, blave_interval, blave_tickers, native_symbol
from blave_mcp.tools.blave.tools import BLAVE_TOOLS
from blave_mcp.tools.desk import Desk, Venue
from blave_mcp.tools.estimates import walk_quote
from blave_mcp.tools.format import exact, near, percent, ratio, rounded, short
from blave_mcp.tools.history import fetch_candles, known_interval, unfinished
from blave_mcp.tools.listings import LISTING_TOOLS
from blave_mcp.tools.spec import Result, Tool, Toolset, Touch
from blave_mcp.tools.times import closes_ms, duration, minute, second, stamp, to_span

MOST_SYMBOLS = 20
YEAR_MS = 365 * 86_400_000
BOOK_FOR_COSTS = 500

TICKER_COLUMNS = (
    "symbol", "last", "change_24h_percent", "bid", "ask", "mark", "index", "high_24h", "low_24h", "volume_24h_base",
    "volume_24h_quote", "funding_rate_percent", "next_funding_utc", "open_interest", "time_utc",
)  # fmt: skip


async def get_ticker(desk: Desk, *, venue: str, symbols: str, market: str = PERPETUAL) -> Result:
    names = split(symbols, "symbols", MOST_SYMBOLS)
    if desk.venue(venue).name == BLAVE:
        found = desk.venue(BLAVE)
        desk.require_key(found)
        return _tickers(desk, found, "", names, await blave_tickers(found, names))
    found, verbs = desk.verbs(venue, market)

    async def one(symbol: str) -> Ticker:
        instrument = await desk.instrument(venue, market, symbol)
        return structs.replace(await found.client.ask(verbs.ticker(instrument.native)), symbol=instrument.symbol)

    await desk.instruments(venue, market)
    return _tickers(desk, found, market, names, await together([partial(one, name) for name in names]))


def _tickers(
    desk: Desk, venue: Venue, market: str, names: Sequence[str], asked: Sequence[Ticker | BlaveError]
) -> Result:
    wrong = failures(names, asked)
    shown = table(TICKER_COLUMNS, [_ticker(t) for t in asked if isinstance(t, Ticker)], optional=TICKER_COLUMNS)
    parts = [f"{venue.title} {market}".rstrip() + ": prices in quote; changes and volumes over 24 hours.", shown.text]
    return answer(desk, venue, [*parts, *wrong], told(venue, market, tickers=shown.data, failed=wrong))


def _ticker(t: Ticker) -> tuple[Any, ...]:
    return (
        t.symbol, exact(t.last), near(t.change_24h_percent, 5), exact(t.bid), exact(t.ask), exact(t.mark),
        exact(t.index), exact(t.high_24h), exact(t.low_24h), exact(t.volume_24h_base), exact(t.volume_24h_quote),
        exact(None if t.funding_rate is None else t.funding_rate * 100),
        None if t.next_funding_ms is None else minute(t.next_funding_ms),
        exact(t.open_interest), None if t.time_ms is None else second(t.time_ms),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Klines:
    """Candles of one market, oldest first; `older` bars of the range were not fetched."""

    venue: Venue
    what: str
    interval: str
    candles: tuple[Candle, ...]
    older: int


async def read_klines(
    desk: Desk, *, venue: str, symbol: str, interval: str, market: str, start: str, end: str, limit: int
) -> Klines:
    """Raises BadArgument for an unknown venue, market, symbol or interval."""
    now = desk.clock.now_ms()
    start_ms, end_ms = to_span(start, end, now)
    if desk.venue(venue).name == BLAVE:
        found = desk.venue(BLAVE)
        desk.require_key(found)
        native, interval = native_symbol(symbol), blave_interval(interval)
        candles, older = await newest_candles(desk, native, interval, start_ms=start_ms, end_ms=end_ms, limit=limit)
        return Klines(found, native, interval, tuple(candles), older)
    found, verbs = desk.verbs(venue, market)
    interval = known_interval(interval, verbs.intervals, f"{found.title} {market}")
    instrument = await desk.instrument(venue, market, symbol)

    async def page(start_ms: int | None, end_ms: int | None, limit: int) -> tuple[Candle, ...]:
        question = verbs.candles(instrument.native, interval, start_ms=start_ms, end_ms=end_ms, limit=limit)
        return await found.client.ask(question)

    candles, older = await fetch_candles(
        page, interval, start_ms=start_ms, end_ms=end_ms, most=limit, page_size=verbs.max_candles, now_ms=now
    )
    return Klines(found, f"{market} {instrument.symbol}", interval, candles, older)


async def get_klines(
    desk: Desk,
    *,
    venue: str,
    symbol: str,
    interval: str,
    market: str = PERPETUAL,
    start: str = "",
    end: str = "",
    limit: int = 200,
) -> Result:
    found = await read_klines(
        desk, venue=venue, symbol=symbol, interval=interval, market=market, start=start, end=end, limit=limit
    )
    return klines_answer(
        desk, found.venue, found.what, interval=found.interval, candles=found.candles, older=found.older
    )


def klines_answer(
    desk: Desk, venue: Venue, what: str, *, interval: str, candles: Sequence[Candle], older: int
) -> Result:
    """Candles as a table, newest kept; `older` bars of the range were not fetched."""
    facts = {"venue": venue.name, "what": what, "interval": interval}
    if not candles:
        return answer(desk, venue, [f"{venue.title} {what} {interval}: no candles in this range."], facts)
    columns = ("open_utc", "open", "high", "low", "close", "volume")
    rows = [
        (minute(c.open_ms), exact(c.open), exact(c.high), exact(c.low), exact(c.close), exact(c.volume))
        for c in candles
    ]
    shown = table(columns, rows, newest_last=True, optional=("volume",))
    opened = [c.open_ms for c in candles[shown.first :]]
    open_bar = unfinished(candles, interval, desk.clock.now_ms())
    missing = older + shown.left_out
    volume = "; volume in base" if "volume" in shown.data["columns"] else ""
    parts = [
        f"{venue.title} {what}, {interval} candles by opening time (UTC), oldest first{volume}.",
        shown.text,
        f"The last bar is unfinished: it closes at {minute(closes_ms(opened[-1], interval))} UTC." if open_bar else "",
        f"{missing} older bars of this range are not shown; ask again with end={stamp(opened[0])}." if missing else "",
    ]
    data = {"candles": {**shown.data, "open_ms": opened}, "last_unfinished": open_bar, "not_shown": missing}
    return answer(desk, venue, parts, {**facts, **data})


async def get_order_book(
    desk: Desk, *, venue: str, symbol: str, market: str = PERPETUAL, depth: int = 10, quote_amount: str = ""
) -> Result:
    found, verbs = desk.verbs(venue, market)
    instrument = await desk.instrument(venue, market, symbol)
    wanted = max(depth, BOOK_FOR_COSTS) if quote_amount else depth
    book = await found.client.ask(verbs.book(instrument.native, wanted))
    if not book.bids or not book.asks:
        text = f"{found.title} {market} {instrument.symbol}: one side of the book is empty."
        return answer(desk, found, [text], told(found, market, symbol=instrument.symbol))
    bid, ask = book.bids[0].price, book.asks[0].price
    mid, spread = (bid + ask) / 2, ask - bid
    costs = [book_cost(book, instrument, side, Decimal(quote_amount), mid) for side in Side] if quote_amount else []
    rows = [
        (name, exact(level.price), exact(level.size * instrument.contract_size))
        for name, levels in (("ask", book.asks[:depth][::-1]), ("bid", book.bids[:depth]))
        for level in levels
    ]
    shown = table(("side", "price", "size_base"), rows)
    parts = [
        f"{found.title} {market} {instrument.symbol}: mid {exact(mid)}, spread {exact(spread)} {instrument.quote}"
        f" ({short((ratio(spread, mid) or Decimal(0)) * 10_000, 3)} basis points); sizes in {instrument.base}.",
        shown.text,
        *(cost["text"] for cost in costs),
    ]
    facts = {"symbol": instrument.symbol, "mid": exact(mid), "spread": exact(spread), "levels": shown.data}
    costs_told = {cost["side"]: cost["facts"] for cost in costs}
    return answer(desk, found, parts, told(found, market, **facts, **({"costs": costs_told} if costs else {})))


def book_cost(book: OrderBook, instrument: Instrument, side: Side, quote: Decimal, mid: Decimal) -> dict[str, Any]:
    """What a market order worth `quote` would meet in the levels that were read."""
    unit = instrument.contract_size
    walked = walk_quote(book, side, quote / unit)
    base = rounded(walked.filled * unit, 10)
    average = None if walked.average is None else rounded(walked.average, 10)
    slip = None if average is None else ratio(abs(average - mid), mid, 4)
    verb, levels = ("Buying", book.asks) if side is Side.BUY else ("Selling", book.bids)
    depth = sum((level.price * level.size * unit for level in levels), Decimal(0))
    lacking = max(quote - depth, Decimal(0))
    line = (
        f"{verb} {short(quote - lacking, 8)} {instrument.quote} worth takes {exact(base)} {instrument.base} at"
        f" {exact(average)} on average, {percent(slip, 4)} from the mid; fees not included."
    )
    if lacking:
        line += f" The {len(levels)} levels read hold {short(lacking, 8)} {instrument.quote} too little."
    facts = {"base": exact(base), "average": exact(average), "from_mid": exact(slip), "not_covered": exact(lacking)}
    return {"side": side.value, "text": line, "facts": facts}


async def get_recent_trades(desk: Desk, *, venue: str, symbol: str, market: str = PERPETUAL, limit: int = 50) -> Result:
    found, verbs = desk.verbs(venue, market)
    instrument = await desk.instrument(venue, market, symbol)
    asked = await found.client.ask(verbs.trades(instrument.native, limit))
    trades = sorted(asked, key=lambda t: t.time_ms)[-limit:]
    size = instrument.contract_size
    rows = [(second(t.time_ms), t.side.value, exact(t.price), exact(t.size * size)) for t in trades]
    shown = table(("time_utc", "taker_side", "price", "size_base"), rows, newest_last=True)
    bought = sum((t.size * size for t in trades if t.side is Side.BUY), Decimal(0))
    total = sum((t.size * size for t in trades), Decimal(0))
    share = ratio(bought, total)
    parts = [
        f"{found.title} {market} {instrument.symbol}: {shown.shown} latest trades, oldest first; takers bought"
        f" {short(bought)} of {short(total)} {instrument.base}"
        f" ({'n/a' if share is None else short(share * 100, 3)} %).",
        shown.text,
        f"{shown.left_out} older trades are not shown." if shown.left_out else "",
    ]
    facts = {"symbol": instrument.symbol, "bought": exact(bought), "total": exact(total), "trades": shown.data}
    return answer(desk, found, parts, told(found, market, **facts, not_shown=shown.left_out))


async def get_funding_rates(
    desk: Desk, *, venue: str, symbol: str, start: str = "", end: str = "", limit: int = 30
) -> Result:
    start_ms, end_ms = to_span(start, end, desk.clock.now_ms())
    found, verbs = desk.verbs(venue, PERPETUAL)
    instrument = await desk.instrument(venue, PERPETUAL, symbol)
    question = verbs.funding_rates(instrument.native, start_ms=start_ms, end_ms=end_ms, limit=limit)
    asked = await found.client.ask(question)
    rates = newest(sorted(asked, key=lambda r: r.time_ms), limit, start_ms)
    ticker = await found.client.ask(verbs.ticker(instrument.native))
    every = funding_interval_ms(rates)
    parts = [f"{found.title} perpetual {instrument.symbol}: funding, positive is paid by longs to shorts."]
    facts: dict[str, Any] = {"symbol": instrument.symbol, "interval_ms": every}
    if ticker.funding_rate is not None:
        yearly = _yearly(ticker.funding_rate, every)
        due = "" if ticker.next_funding_ms is None else f", due {minute(ticker.next_funding_ms)} UTC"
        parts.append(f"Next: {percent(ticker.funding_rate, 4)}{due}; {percent(yearly)} a year if it stayed so.")
        facts |= {
            "next_rate": exact(ticker.funding_rate),
            "next_ms": ticker.next_funding_ms,
            "next_yearly": exact(yearly),
        }
    if not rates:
        return answer(desk, found, [*parts, "No past funding in this range."], told(found, PERPETUAL, **facts))
    total = sum((r.rate for r in rates), Decimal(0))
    mean = ratio(total, Decimal(len(rates)), 6) or Decimal(0)
    parts.append(
        f"Past {len(rates)}: sum {percent(total, 4)}, mean {percent(mean, 4)}, {percent(_yearly(mean, every))} a year"
        + (f" (every {duration(every)})." if every else "; the interval is not known from one rate.")
    )
    rows = [(minute(r.time_ms), exact(r.rate), exact(_yearly(r.rate, every)), exact(r.mark)) for r in rates]
    columns = ("time_utc", "rate", "yearly", "mark")
    shown = table(columns, rows, newest_last=start_ms is None, optional=("yearly", "mark"))
    parts += ["Fractions (0.0001 is 0.01 %), oldest first:", shown.text]
    parts.append(rest(shown, [r.time_ms for r in rates], limit, start_ms))
    facts |= {"sum": exact(total), "mean": exact(mean), "history": shown.data, "not_shown": shown.left_out}
    return answer(desk, found, parts, told(found, PERPETUAL, **facts))


def funding_interval_ms(rates: Sequence[FundingRate]) -> int | None:
    """The time between the two newest fundings to the nearest minute, or None where there are not two."""
    if len(rates) < 2:
        return None
    return (rates[-1].time_ms - rates[-2].time_ms + 30_000) // 60_000 * 60_000 or None


def _yearly(rate: Decimal, every_ms: int | None) -> Decimal | None:
    return None if every_ms is None else ratio(rate * YEAR_MS, Decimal(every_ms), 6)


_VENUE = text("venue", VENUE, required=True)
_SYMBOL = text("symbol", 'Unified or native: "BTC/USDT".', required=True)

MARKET_TOOLS = (
    *LISTING_TOOLS,
    Tool(
        name="get_ticker",
        title="Prices",
        doc=(
            "Tells last price, bid, ask, 24-hour change, range and volume of one or several symbols; on perpetuals "
            "mark, index, funding and open interest too. Venue blave gives Blave's price and 24-hour change."
        ),
        toolset=Toolset.MARKET,
        touch=Touch.READ,
        run=get_ticker,
        params=(
            _VENUE,
            text("symbols", f'One or up to {MOST_SYMBOLS}: "BTC/USDT,ETH/USDT".', required=True),
            MARKET,
        ),
    ),
    Tool(
        name="get_klines",
        title="Candles",
        doc=(
            "Tells open, high, low, close and volume (base) per bar, oldest first, as CSV; an unfinished last bar is "
            "said. A range is start <= opening time < end, in UTC; the newest bars are kept. Venue blave has its own."
        ),
        toolset=Toolset.MARKET,
        touch=Touch.READ,
        run=get_klines,
        params=(
            _VENUE,
            _SYMBOL,
            text("interval", '"1m", "15m", "1h", "4h", "1d"; list_venues tells which.', required=True),
            MARKET,
            text("start", START),
            text("end", END),
            integer("limit", "Most bars to return.", low=1, high=1000),
        ),
    ),
    Tool(
        name="get_order_book",
        title="Order book",
        doc=(
            "Tells the best bids and asks, mid and spread; with quote_amount also the average price and slippage of "
            "buying and of selling that much now. Sizes in base."
        ),
        toolset=Toolset.MARKET,
        touch=Touch.READ,
        run=get_order_book,
        params=(
            _VENUE,
            _SYMBOL,
            MARKET,
            integer("depth", "Levels a side.", low=1, high=100),
            decimal("quote_amount", 'Amount of quote to buy and sell: "10000".'),
        ),
    ),
    Tool(
        name="get_recent_trades",
        title="Market trades",
        doc="Tells the market's latest trades with the taker's side, and which share takers bought. Sizes in base.",
        toolset=Toolset.MARKET,
        touch=Touch.READ,
        run=get_recent_trades,
        params=(_VENUE, _SYMBOL, MARKET, integer("limit", "Trades.", low=1, high=500)),
    ),
    Tool(
        name="get_funding_rates",
        title="Funding",
        doc=(
            "Tells a perpetual's next and past funding rates, as fractions and annualised by the time between them; "
            "positive is paid by longs."
        ),
        toolset=Toolset.MARKET,
        touch=Touch.READ,
        run=get_funding_rates,
        params=(
            _VENUE,
            _SYMBOL,
            text("start", START),
            text("end", END),
            integer("limit", "Most past rates.", low=1, high=500),
        ),
    ),
    *BLAVE_TOOLS,
)
