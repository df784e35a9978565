"""Signing and parsing beside ccxt: the same parameters and the same documented payloads, without any traffic.

Ours is what a call goes through: `request`; `decipher` and the parser of the verb. Theirs is what ccxt's own methods
do with an answer: `parse_json` (orjson) and the parser of the same thing. Its `handle_errors`, whose work is part of
our `decipher`, is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from statistics import geometric_mean
from typing import Any

import ccxt  # type: ignore[import-untyped]

from blave_mcp.exchanges.binance import parse_futures, parse_spot
from blave_mcp.exchanges.binance.dialect import signature, wire_value
from blave_mcp.exchanges.binance.endpoints import BINANCE
from blave_mcp.exchanges.binance.forms import ExchangeInfo
from blave_mcp.exchanges.binance.parse import KLINES, candles
from blave_mcp.exchanges.client import deciphered
from blave_mcp.exchanges.wire import HttpReply
from tests.benchmarks.effort import Effort
from tests.benchmarks.measure import Figure, at_least, interleaved, per_call
from tests.conftest import ROOT
from tests.exchanges.binance.examples import BASE, DIALECT, KEY, NOW_MS, example

TARGET = at_least(3)
PAYLOADS = ROOT / "tests" / "payloads" / "binance"
ROUTES = {"spot.order.create": "private", "futures.order.create": "fapiPrivate"}
MANY = 200


@dataclass(frozen=True, slots=True)
class Pair:
    """The same work on both sides.

    Attributes:
        agree: raises AssertionError where the two results tell different things.
        rows: how many times the work of a single row it is, and so how much more seldom it is repeated.
    """

    name: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    agree: Callable[[Any, Any], None]
    rows: int = 1


def against_ccxt(effort: Effort) -> list[Figure]:
    """Checks that both sides of every pair agree, then measures them."""
    figures = []
    for pair in pairs():
        pair.agree(pair.ours(), pair.theirs())
        repeats = max(1, effort.repeats // pair.rows)
        samples = interleaved(per_call(pair.ours, repeats), per_call(pair.theirs, repeats), effort.rounds)
        figures.append(samples.faster(pair.name, "us", scale=1e6, target=TARGET))
    ratios = [figure.ratio for figure in figures if figure.ratio is not None]
    figures.append(Figure(name="geometric mean of these", ours=geometric_mean(ratios), unit="times", target=TARGET))
    ours, theirs = (per_call(work, max(1, effort.repeats // MANY)) for work in _bound(other()))
    samples = interleaved(ours, theirs, effort.rounds)
    return [*figures, samples.faster(f"the decimals of {MANY} candles alone", "us", scale=1e6)]


def pairs() -> list[Pair]:
    exchange = other()
    return [
        *(_signing(exchange, id) for id in ROUTES),
        *_orders(exchange),
        _ticker(exchange),
        _candles(exchange, 1),
        _candles(exchange, MANY),
        _positions(exchange),
        *_markets(exchange, 1),
        *_markets(exchange, MANY),
    ]


def other() -> Any:
    """ccxt's exchange as it is once its markets are loaded, with a clock that stands still."""
    exchange = ccxt.binance({"apiKey": KEY.key, "secret": KEY.secret, "options": {"recvWindow": 5000}})
    exchange.nonce = lambda: NOW_MS
    # What its fetch_markets asks the venue for beside the instruments.
    exchange.options.update(crossMarginPairsData=[], isolatedMarginPairsData=[])
    spot, futures = (json.loads(_text(f"{name}_exchange_info"))["symbols"][0] for name in ("spot", "futures"))
    rows = [_renamed(spot, "LTC", "BTC"), _renamed(spot, "BNB", "BTC"), _renamed(spot, "ETH", "BTC")]
    rows.append(_renamed(futures, "BTC", "USDT"))
    exchange.set_markets(exchange.parse_markets(rows))
    tiers = json.loads(_text("futures_brackets"))[0]["brackets"]
    known = [[str(tier["notionalFloor"]), str(tier["maintMarginRatio"])] for tier in tiers]
    exchange.options["leverageBrackets"] = {"BTC/USDT:USDT": known}
    return exchange


def _renamed(entry: dict[str, Any], base: str, quote: str) -> dict[str, Any]:
    return {**entry, "symbol": base + quote, "pair": base + quote, "baseAsset": base, "quoteAsset": quote}


def _text(name: str) -> str:
    return (PAYLOADS / f"{name}.json").read_text("utf-8")


# Signing


def _signing(exchange: Any, id: str) -> Pair:
    call = example(BINANCE[id])
    given = {name: wire_value(value) for name, value in call.args}
    path = call.endpoint.path.rpartition("/")[2]

    def ours() -> Any:
        return DIALECT.request(call, KEY, base_url=BASE[call.endpoint.product], now_ms=NOW_MS, testnet=False)

    def theirs() -> Any:
        return exchange.sign(path, ROUTES[id], "POST", given)

    return Pair(f"sign {id}", ours, theirs, _same_request)


def _same_request(ours: Any, theirs: Any) -> None:
    """The order of the parameters may differ: Binance takes any, and each side signs its own."""
    assert (ours.method, ours.url) == (theirs["method"], theirs["url"])
    told = [text.rpartition("&signature=") for text in (ours.body.decode(), theirs["body"])]
    assert sorted(told[0][0].split("&")) == sorted(told[1][0].split("&"))
    for payload, _, signed in told:
        assert signature(KEY.secret, payload) == signed


# Parsing


def _reading(id: str, text: str, parse: Callable[[Any], Any], form: Any = None) -> Callable[[], Any]:
    call, reply = example(BINANCE[id]), HttpReply(200, {}, text.encode())
    return lambda: parse(deciphered(DIALECT, call, reply, form))


def _orders(exchange: Any) -> list[Pair]:
    def pair(product: str, symbol: str, parse: Callable[[Any], Any]) -> Pair:
        text, market = _text(f"{product}_order"), exchange.market(symbol)
        return Pair(
            f"parse a {product} order",
            _reading(f"{product}.order.get", text, parse),
            lambda: exchange.parse_order(exchange.parse_json(text), market),
            _same_order,
        )

    return [pair("spot", "LTC/BTC", parse_spot.order), pair("futures", "BTC/USDT:USDT", parse_futures.order)]


def _same_order(ours: Any, theirs: Any) -> None:
    assert (ours.id, ours.client_id, ours.side) == (theirs["id"], theirs["clientOrderId"], theirs["side"])
    assert ours.symbol == theirs["symbol"].partition(":")[0]
    _same_numbers((ours.size, ours.filled, ours.trigger), (theirs[k] for k in ("amount", "filled", "triggerPrice")))
    assert ours.created_ms == theirs["timestamp"]


def _ticker(exchange: Any) -> Pair:
    text, market = _text("spot_ticker_day"), exchange.market("BNB/BTC")

    def agree(ours: Any, theirs: Any) -> None:
        assert (ours.symbol, ours.time_ms) == (theirs["symbol"], theirs["timestamp"])
        named = ("last", "bid", "ask", "high", "low", "open", "percentage", "baseVolume", "quoteVolume")
        mine = (
            ours.last, ours.bid, ours.ask, ours.high_24h, ours.low_24h, ours.open_24h, ours.change_24h_percent,
            ours.volume_24h_base, ours.volume_24h_quote,
        )  # fmt: skip
        _same_numbers(mine, (theirs[name] for name in named))

    return Pair(
        "parse a ticker",
        _reading("spot.ticker.day", text, parse_spot.ticker),
        lambda: exchange.parse_ticker(exchange.parse_json(text), market),
        agree,
    )


def _candles(exchange: Any, count: int) -> Pair:
    row = json.loads(_text("spot_klines"))[0]
    text = json.dumps([[row[0] + n * 60_000, *row[1:]] for n in range(count)])
    market = exchange.market("ETH/BTC")

    def agree(ours: Any, theirs: Any) -> None:
        assert len(ours) == len(theirs) == count
        for mine, row in zip(ours, theirs, strict=True):
            assert mine.open_ms == row[0]
            _same_numbers((mine.open, mine.high, mine.low, mine.close, mine.volume), row[1:])

    return Pair(
        f"parse {_counted(count, 'candle')}",
        _reading("spot.candles.list", text, partial(candles, start_ms=None, end_ms=None, limit=count), KLINES),
        lambda: exchange.parse_ohlcvs(exchange.parse_json(text), market),
        agree,
        rows=count,
    )


def _bound(exchange: Any) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Making a candle's five exact Decimals and nothing else, beside all that ccxt does: the bound of any parser."""
    numbers = json.loads(_text("spot_klines"))[0][1:6] * MANY
    return lambda: [Decimal(number) for number in numbers], _candles(exchange, MANY).theirs


def _positions(exchange: Any) -> Pair:
    text = _text("futures_positions")

    def theirs() -> Any:
        # As its fetch_positions_risk does; parse_positions is for another endpoint's rows.
        rows = exchange.parse_json(text)
        return [exchange.parse_position_risk(row) for row in rows if float(row["entryPrice"]) > 0]

    def agree(ours: Any, theirs: Any) -> None:
        assert len(ours) == len(theirs) == 1
        mine, row = ours[0], theirs[0]
        assert (mine.symbol, mine.side) == (row["symbol"].partition(":")[0], row["side"])
        named = ("contracts", "entryPrice", "markPrice", "liquidationPrice", "leverage", "notional", "unrealizedPnl")
        numbers = (
            mine.size, mine.entry, mine.mark, mine.liquidation, mine.leverage, mine.notional, mine.unrealised_pnl
        )  # fmt: skip
        _same_numbers(numbers, (row[name] for name in named))

    return Pair("parse positions", _reading("futures.position.v2", text, parse_futures.positions), theirs, agree)


def _markets(exchange: Any, count: int) -> list[Pair]:
    def pair(product: str, parse: Callable[[Any], Any]) -> Pair:
        told = json.loads(_text(f"{product}_exchange_info"))
        entry = told["symbols"][0]
        told["symbols"] = [_renamed(entry, f"{entry['baseAsset']}{n or ''}", entry["quoteAsset"]) for n in range(count)]
        text = json.dumps(told)
        return Pair(
            f"parse {_counted(count, f'{product} instrument')}",
            _reading(f"{product}.instruments.list", text, parse, ExchangeInfo),
            lambda: exchange.parse_markets(exchange.parse_json(text)["symbols"]),
            _same_markets,
            rows=count,
        )

    return [pair("spot", parse_spot.instruments), pair("futures", parse_futures.instruments)]


def _same_markets(ours: Any, theirs: Any) -> None:
    assert len(ours) == len(theirs)
    for mine, market in zip(ours, theirs, strict=True):
        assert (mine.native, mine.base, mine.quote) == (market["id"], market["base"], market["quote"])
        limits = market["limits"]
        _same_numbers((mine.min_size, mine.max_size), (limits["amount"]["min"], limits["amount"]["max"]))
        _same_numbers((mine.tick,), (market["precision"]["price"],))


def _counted(count: int, what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}" if count == 1 else f"{count} {what}s"


def _same_numbers(ours: Sequence[Decimal | int | None], theirs: Any) -> None:
    """Theirs are floats."""
    assert [None if value is None else float(value) for value in ours] == list(theirs)
