"""Blave's data host, over the paper market.

https://github.com/Blave-TW/blave-quant-skill tells what is asked and answered. What it leaves open is chosen here and
is not the venue's word: the text of errors, the shape of `fields` and `note`, and which symbols have gaps. Prices are
the paper market's; alphas are made from them (`series`). The header `x-blave-paper-origin` tells where the
prices come from: "synthetic", "file" or "live", or several of them.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, ClassVar

from blave_mcp.exchanges.paper.blave import series
from blave_mcp.exchanges.paper.blave.alerts import (
    DEMO,
    DEMO_EVERY_MS,
    AlertBoard,
    AlertStream,
    Id,
    demo_alerts,
    start_of,
)
from blave_mcp.exchanges.paper.blave.alphas import ALPHA_ROUTES
from blave_mcp.exchanges.paper.blave.asking import ABSENT, Ask, BlaveRefusal, Route, gap_of, number
from blave_mcp.exchanges.paper.blave.maps import MAP_ROUTES
from blave_mcp.exchanges.paper.blave.traders import TRADER_ROUTES
from blave_mcp.exchanges.paper.face import BadForm, Window, header, json_reply, parse_form, path_and_query, table
from blave_mcp.exchanges.paper.face_books import Books
from blave_mcp.exchanges.paper.market import HOUR, MINUTE, Bar, IntervalUnavailable, MarketError
from blave_mcp.exchanges.paper.types import Listing, Product
from blave_mcp.exchanges.wire import HttpReply, HttpRequest

REQUESTS, WINDOW_MS = 100, 300_000
REFRESH_MS = 5 * MINUTE
STREAM_PATH = "/sse/tradingview/stream"
SUPPLY_DAYS = 40
STATISTICS_DAYS = 400
_NAMES: Mapping[str, tuple[str, str]] = {
    "holder_concentration": ("Holder Concentration", "籌碼集中度"),
    "taker_intensity": ("Taker Intensity", "多空力道"),
    "whale_hunter": ("Whale Hunter", "巨鯨警報"),
    "market_sentiment": ("Market Sentiment", "市場情緒"),
    "squeeze_momentum": ("Squeeze Momentum", "擠壓動能"),
}
_RANGES = [["-3", "-2"], ["-2", "-0.5"], ["-0.5", "0.5"], ["0.5", "2"], ["2", "3"]]


# Handlers


def price(ask: Ask) -> dict[str, Any]:
    listing = ask.listing()
    quote = ask.market.quote(listing.key, ask.now)
    change = (quote.last / quote.open_24h - 1) * 100 if quote.open_24h else None
    return {"symbol": listing.symbol, "price": quote.last, "change_24h": number(change, 2)}


def kline(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.listing()
    period = ask.period()
    start, end = ask.span()
    try:
        bars = ask.market.bars(listing.key, period, start, end, ask.now)
    except IntervalUnavailable:
        raise BlaveRefusal(400, f"period {ask.text('period')} is not available") from None
    return [
        {"time": bar.open_ms // 1_000, "open": bar.open, "high": bar.high, "low": bar.low, "close": bar.close}
        for bar in bars
    ]


def alpha_table(ask: Ask) -> Any:
    """Every symbol; renewed every five minutes, as on the venue."""
    return ask.face.table(ask)


def _alpha_table(ask: Ask) -> dict[str, Any]:
    # Made of closed hourly bars, the costly part changes by the hour.
    readings, caps = ask.face.renewed("readings", ask.now, HOUR, lambda: _all_readings(ask))
    ranked = sorted(cap for cap in caps.values() if cap is not None)
    rows = {}
    for symbol, listing in ask.listings.items():
        cap = caps[symbol]
        percentile = None if cap is None else Decimal(100 * (ranked.index(cap) + 1)) / len(ranked)
        rows[symbol] = {
            **readings[symbol],
            "price": {"-": ask.market.prices(listing.key, ask.now).last},
            "price_change": _changes(ask, listing),
            "market_cap": {"-": number(cap, 0)},
            "market_cap_percentile": {"-": number(percentile, 2)},
            "funding_rate": {"binance": number(_funding(ask, listing), 6)},
        }
    return {"data": rows, "fields": _fields(), "note": dict.fromkeys(_NAMES, _RANGES)}


def _all_readings(ask: Ask) -> tuple[dict[str, dict[str, Any]], dict[str, Decimal | None]]:
    """Returns the indicators and the sizes of all symbols."""
    readings, caps = {}, {}
    for symbol, listing in ask.listings.items():
        days = series.daily_bars(ask.market, listing, STATISTICS_DAYS, ask.now)
        readings[symbol] = _readings(ask, listing, days)
        caps[symbol] = _market_cap(days)
    return readings, caps


def _fields() -> dict[str, Any]:
    variants = {**{name: list(each) for name, each in series.indicators().items()}, "squeeze_momentum": ["-"]}
    return {name: {"en": _NAMES[name][0], "zh": _NAMES[name][1], "columns": variants[name]} for name in _NAMES}


def _readings(ask: Ask, listing: Listing, days: Sequence[Bar]) -> dict[str, Any]:
    """Returns indicators and statistics of one symbol, with the gaps that its name gives it."""
    sheet = series.sheet_of(ask.market, listing, series.WEEK_HOURS + series.HOLDER_HOURS, ask.now)
    gap = gap_of(listing)
    found: dict[str, Any] = {
        name: {variant: number(formula(sheet)) for variant, formula in each.items()}
        for name, each in series.indicators().items()
    }
    found["squeeze_momentum"] = {"-": number(series.squeeze_momentum(days))}
    if gap == "indicator":
        found["holder_concentration"] = ABSENT
    elif gap == "variant":
        found["whale_hunter"] = dict.fromkeys(found["whale_hunter"], ABSENT)
    flow = series.flow_share(sheet, 24)
    found["oi_imbalance"] = {"-": number(flow[-1] if flow else None)}
    found["statistics"] = series.statistics(None if gap == "young" else series.outlook([bar.close for bar in days]))
    return found


def _changes(ask: Ask, listing: Listing) -> dict[str, Any]:
    windows = {"15min": 15, "1h": 60, "24h": 24 * 60}
    return {
        name: number(series.price_change(ask.market, listing, minutes, ask.now), 2) for name, minutes in windows.items()
    }


def _market_cap(days: Sequence[Bar]) -> Decimal | None:
    """A size that ranks as market capitalisation would: forty days' turnover; no coin here has a supply."""
    return sum((bar.quote_volume for bar in days[-SUPPLY_DAYS:]), Decimal(0)) if days else None


def _funding(ask: Ask, listing: Listing) -> Decimal:
    """Percent for one funding interval."""
    return ask.market.quote(listing.key, ask.now).funding_rate * 100


# The face


class BlaveFace:
    """Blave's host.

    Args:
        books: opened for the market's sake alone, so that prices are those of the account; nothing is written.
        key, secret: the pair that may ask.

    Attributes:
        board: the TradingView alerts, which a test or a demonstration may put there.
    """

    name: ClassVar[str] = "blave"
    base_urls: ClassVar[tuple[str, ...]] = ("https://api.blave.org",)
    routes: ClassVar[tuple[Route, ...]] = (
        Route("/price", price, "symbol"),
        Route("/alpha_table", alpha_table),
        Route("/kline", kline, "symbol period start_date end_date"),
        *ALPHA_ROUTES,
        *MAP_ROUTES,
        *TRADER_ROUTES,
        Route(STREAM_PATH, lambda ask: start_of(ask)[0], "channel last_id"),
    )

    def __init__(self, books: Books, *, key: str, secret: str) -> None:
        self._books = books
        self._pair = (key, secret)
        self._routes = table(self.routes)
        self._window = Window(WINDOW_MS, REQUESTS)
        self._fresh: dict[str, tuple[int, Any]] = {}
        self._warm_from: int | None = None
        self._cuts = 0
        self.board = AlertBoard()

    def handle(self, request: HttpRequest, now_ms: int) -> HttpReply:
        """See `face.Face`."""
        headers: dict[str, str] = {}
        try:
            return json_reply(200, self._answer(request, now_ms, headers), headers)
        except BlaveRefusal as refusal:
            if refusal.wait:
                headers["retry-after"] = str(refusal.wait)
            return json_reply(refusal.status, refusal.body, headers)

    def renewed(self, name: str, now_ms: int, every_ms: int, make: Callable[[], Any]) -> Any:
        """Returns what `make` made in the present stretch of time."""
        slot = now_ms // every_ms
        held = self._fresh.get(name)
        if held is None or held[0] != slot:
            held = self._fresh[name] = (slot, make())
        return held[1]

    def table(self, ask: Ask) -> Any:
        """Returns the alpha table of the present five minutes."""
        return self.renewed("alpha_table", ask.now, REFRESH_MS, lambda: _alpha_table(ask))

    def warming(self, now_ms: int, length_ms: int) -> bool:
        """Tells whether what takes so long to compute is still being computed; the first question starts it."""
        self._warm_from = now_ms if self._warm_from is None else self._warm_from
        return now_ms - self._warm_from < length_ms

    def open_stream(self, request: HttpRequest, now_ms: int) -> AlertStream | HttpReply:
        """Opens the alert stream; an ordinary answer where something else is asked for, or it is refused."""
        if path_and_query(request.url)[0] != STREAM_PATH:
            return self.handle(request, now_ms)
        try:
            with self._asking(request, now_ms) as (_, ask):
                channel, last = start_of(ask)
        except BlaveRefusal as refusal:
            return json_reply(refusal.status, refusal.body)

        def newer(after: Id, at_ms: int) -> list[tuple[Id, Mapping[str, Any]]]:
            if channel != DEMO or (at_ms - at_ms % DEMO_EVERY_MS, 0) <= after:
                return self.board.after(channel, after)
            with self._market(at_ms, {}) as later:
                return sorted([*demo_alerts(later, after), *self.board.after(channel, after)], key=lambda each: each[0])

        return AlertStream(newer, last, now_ms, lambda: self._cuts)

    def cut(self) -> None:
        """Breaks every stream that is open, as a network does."""
        self._cuts += 1

    def _answer(self, request: HttpRequest, now_ms: int, headers: dict[str, str]) -> Any:
        with self._asking(request, now_ms) as (route, ask):
            listings = ask.listings
            asked = [listings[s]] if (s := ask.params.get("symbol", "")) in listings else list(listings.values())
            headers["x-blave-paper-origin"] = ", ".join(sorted({ask.market.origin(each.key) for each in asked}))
            return route.handler(ask)

    @contextmanager
    def _asking(self, request: HttpRequest, now_ms: int) -> Iterator[tuple[Route, Ask]]:
        path, query = path_and_query(request.url)
        self._authorise(request)
        if not self._window.add(1, now_ms):
            raise BlaveRefusal(429, "rate limit exceeded", wait=self._window.seconds_left(now_ms))
        route = self._routes.get((request.method.upper(), path))
        if route is None:
            raise BlaveRefusal(404, "not found")
        with self._market(now_ms, _params(route, query)) as ask:
            yield route, ask

    @contextmanager
    def _market(self, now_ms: int, params: Mapping[str, str]) -> Iterator[Ask]:
        try:
            with self._books.open(now_ms) as account:
                perps = {each.symbol: each for each in account.exchange.listings(Product.PERP)}
                yield Ask(self, params, account.exchange.market, perps, now_ms)
        except MarketError as error:
            raise BlaveRefusal(503, str(error)) from None

    def _authorise(self, request: HttpRequest) -> None:
        sent = header(request, "api-key"), header(request, "secret-key")
        if not all(sent):
            raise BlaveRefusal(401, "api-key and secret-key are required")
        for given, known in zip(sent, self._pair, strict=True):
            if not hmac.compare_digest(given.encode(), known.encode()):
                raise BlaveRefusal(403, "invalid api-key or secret-key")


def _params(route: Route, query: str) -> dict[str, str]:
    try:
        params = parse_form(query)
    except BadForm as bad:
        raise BlaveRefusal(400, f"bad parameter {bad.name}") from None
    if unknown := params.keys() - set(route.params.split()):
        raise BlaveRefusal(400, f"unknown parameter {min(unknown)}")
    return params
