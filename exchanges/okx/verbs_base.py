"""What OKX's markets share: one account, one host, one book of orders and one of algo orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from blave_mcp.exchanges.dialect import Ask
from blave_mcp.exchanges.endpoint import Call
from blave_mcp.exchanges.errors import BadArgument, Unsupported
from blave_mcp.exchanges.models import (
    Balance,
    Candle,
    Fill,
    Instrument,
    MarginMode,
    Order,
    OrderBook,
    OrderIntent,
    OrderType,
    PositionSide,
    PublicTrade,
    Side,
    Ticker,
    Trace,
    TriggerBy,
)
from blave_mcp.exchanges.okx import parse, parse_account, parse_orders
from blave_mcp.exchanges.okx.endpoints import OKX
from blave_mcp.exchanges.okx.parse import ask, only
from blave_mcp.exchanges.okx.place import AT_MARKET, arguments
from blave_mcp.exchanges.okx.traces import contracts_of, trace
from blave_mcp.exchanges.verbs import Verbs

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
# Unified interval -> OKX's bar and its length. Longer bars are taken where they open at 00:00 UTC.
INTERVALS: Mapping[str, tuple[str, int]] = {
    "1m": ("1m", MINUTE_MS), "3m": ("3m", 3 * MINUTE_MS), "5m": ("5m", 5 * MINUTE_MS), "15m": ("15m", 15 * MINUTE_MS),
    "30m": ("30m", 30 * MINUTE_MS), "1h": ("1H", HOUR_MS), "2h": ("2H", 2 * HOUR_MS), "4h": ("4H", 4 * HOUR_MS),
    "6h": ("6Hutc", 6 * HOUR_MS), "12h": ("12Hutc", 12 * HOUR_MS), "1d": ("1Dutc", DAY_MS), "2d": ("2Dutc", 2 * DAY_MS),
    "3d": ("3Dutc", 3 * DAY_MS), "1w": ("1Wutc", 7 * DAY_MS), "1M": ("1Mutc", 31 * DAY_MS),
}  # fmt: skip
WALLETS: Mapping[str, str] = {"trading": "18", "funding": "6"}
ALGO_KINDS = ("conditional,oco", "trigger", "move_order_stop")
ALGO_ENDS = ("effective", "canceled", "order_failed")
MOST = 100


class OkxMarket(Verbs):
    """See the module.

    Attributes:
        kind: OKX's instType.
        mode: the margin mode that orders name where they are not spot.
        side: the position side that a leverage of isolated margin is set for.
    """

    venue = "okx"
    product = "v5"
    kind: ClassVar[str]
    free_in: ClassVar[str] = "availBal"
    intervals = tuple(INTERVALS)
    order_types = tuple(OrderType)
    wallets = tuple(WALLETS)
    wallet = "trading"
    max_candles = 300
    cancels_by_id = True
    # A request is taken within 30 seconds of its timestamp; the rest is a margin.
    # https://www.okx.com/docs-v5/en/#overview-rest-authentication-making-requests
    settles_after_ms = 40_000

    def __init__(self, mode: MarginMode = MarginMode.CROSS, side: PositionSide = PositionSide.BOTH) -> None:
        self.mode = mode
        self.side = side

    @property
    def base_volume(self) -> int:
        """The column of a candle that holds the volume in base."""
        return 5

    # The market.

    def instruments(self) -> Ask[tuple[Instrument, ...]]:
        call = OKX["v5.instruments.list"].call(instType=self.kind)
        return ask(lambda payload: parse.instruments(payload, self.market), call)

    def ticker(self, symbol: str) -> Ask[Ticker]:
        return ask(parse.ticker, OKX["v5.ticker.get"].call(instId=symbol))

    def candles(
        self, symbol: str, interval: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Candle, ...]]:
        """The latest ones come from one endpoint, finished ones of any age from another; a span is asked of both.

        Raises:
            BadArgument: an interval that OKX does not have.
        """
        if interval not in INTERVALS:
            raise BadArgument(f'OKX has no candles of "{interval}".', advice=f"It has: {', '.join(INTERVALS)}.")
        bar, length = INTERVALS[interval]
        count = max(1, min(limit, self.max_candles))
        span: dict[str, Any] = {}
        after = end_ms
        if start_ms is not None:
            span["before"] = str(start_ms - 1)
            after = min(start_ms + count * length, start_ms + count * length if end_ms is None else end_ms)
        if after is not None:
            span["after"] = str(after)
        ids = ("v5.candles.history", "v5.candles.list") if span else ("v5.candles.list",)
        calls = [OKX[id].call(instId=symbol, bar=bar, limit=count, **span) for id in ids]
        return ask(lambda *pages: parse.candles(pages, start_ms, end_ms, count, self.base_volume), *calls)

    def book(self, symbol: str, depth: int) -> Ask[OrderBook]:
        call = OKX["v5.book.get"].call(instId=symbol, sz=max(1, min(depth, 400)))
        return ask(lambda payload: parse.book(payload, symbol, depth), call)

    def trades(self, symbol: str, limit: int) -> Ask[tuple[PublicTrade, ...]]:
        return ask(parse.trades, OKX["v5.trades.list"].call(instId=symbol, limit=max(1, min(limit, 500))))

    # The account.

    def balances(self) -> Ask[tuple[Balance, ...]]:
        """Of the trading account, which all markets share, and of the funding account."""
        return ask(
            lambda trading, funding: parse_account.balances(trading, funding, free_in=self.free_in),
            OKX["v5.balance.get"].call(),
            OKX["v5.wallet.balance"].call(),
        )

    def open_orders(self, symbol: str | None = None) -> Ask[tuple[Order, ...]]:
        """Of algo orders those kinds that `place` and `protect` make; TWAP and chase orders are in explore."""
        calls = [OKX["v5.order.open"].call(instType=self.kind, instId=symbol)]
        calls += [OKX["v5.algo.open"].call(ordType=one, instType=self.kind, instId=symbol) for one in ALGO_KINDS]
        return ask(self._orders(len(calls)), *calls, *self._contracts(symbol))

    def order(self, symbol: str, *, id: str = "", client_id: str = "", conditional: bool = False) -> Ask[Order]:
        if conditional:
            call = OKX["v5.algo.get"].call(algoId=id or None, algoClOrdId=client_id or None)
        else:
            call = OKX["v5.order.get"].call(instId=symbol, ordId=id or None, clOrdId=client_id or None)
        read = parse_orders.algo_order if conditional else parse_orders.order
        return ask(
            lambda payload, *listed: read(only(payload), parse.sizes_of(listed)), call, *contracts_of(symbol)
        )  # fmt: skip

    def order_history(
        self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int
    ) -> Ask[tuple[Order, ...]]:
        """Open orders, those that ended in the last 7 days, those with a fill of three months, and algo orders.

        OKX gives the newest 100 of each.
        """
        span = {"begin": start_ms, "end": None if end_ms is None else end_ms - 1}
        calls = [
            OKX["v5.order.open"].call(instType=self.kind, instId=symbol),
            OKX["v5.order.list"].call(instType=self.kind, instId=symbol, **span),
            OKX["v5.order.archive"].call(instType=self.kind, instId=symbol, **span),
        ]
        for one in ALGO_KINDS:
            calls.append(OKX["v5.algo.open"].call(ordType=one, instType=self.kind, instId=symbol))
            calls += [
                OKX["v5.algo.list"].call(ordType=one, state=state, instType=self.kind, instId=symbol)
                for state in ALGO_ENDS
            ]

        def inside(*pages: Any) -> tuple[Order, ...]:
            found = tuple(
                one
                for one in self._orders(len(calls))(*pages)
                if (start_ms is None or (one.created_ms or 0) >= start_ms)
                and (end_ms is None or (one.created_ms or 0) < end_ms)
            )
            return found[:limit] if start_ms is not None else found[-limit:]

        return ask(inside, *calls, *contracts_of(symbol))

    def fills(self, symbol: str, *, start_ms: int | None, end_ms: int | None, limit: int) -> Ask[tuple[Fill, ...]]:
        """Of three months; OKX gives the newest 100 of the span."""
        span = {"begin": start_ms, "end": None if end_ms is None else end_ms - 1}
        ids = ("v5.fills.list", "v5.fills.history")
        calls = [OKX[id].call(instType=self.kind, instId=symbol, **span, limit=MOST) for id in ids]

        def kept(*pages: Any) -> tuple[Fill, ...]:
            found = parse_account.fills(pages[: len(calls)], *pages[len(calls) :])
            return found[:limit] if start_ms is not None else found[-limit:]

        return ask(kept, *calls, *contracts_of(symbol))

    def _contracts(self, symbol: str | None) -> tuple[Call, ...]:
        """The contract sizes of one instrument, or of all of this market; none where sizes are in base."""
        if symbol is not None or self.kind != "SWAP":
            return contracts_of(symbol or "")
        return (OKX["v5.instruments.list"].call(instType=self.kind),)

    @staticmethod
    def _orders(pages: int) -> Callable[..., tuple[Order, ...]]:
        """Reads so many pages of orders and algo orders, and what `_contracts` asks for."""
        return lambda *payloads: parse_orders.of_type(payloads[:pages], *payloads[pages:])

    def _basis(self, symbol: str) -> tuple[Call, ...]:
        """Fee group, permissions and fees of an instrument."""
        swap = self.kind == "SWAP"
        fee = {"instFamily": parse.family_of(symbol)} if swap else {"instId": symbol}
        return (
            OKX["v5.instruments.list"].call(instType=self.kind, instId=symbol),
            OKX["v5.account.get"].call(),
            OKX["v5.fees.get"].call(instType=self.kind, **fee),
        )

    # Writes.

    def place(self, intent: OrderIntent) -> tuple[Call, ...]:
        id, args = arguments(intent, self.mode)
        return (OKX[id].call(args),)

    def amend(
        self, order: Order, instrument: Instrument, *, price: Decimal | None, size: Decimal | None
    ) -> tuple[Call, ...]:
        if order.conditional or order.type is not OrderType.LIMIT:
            raise Unsupported(
                "Here OKX changes plain limit orders alone.",
                advice="Cancel the order and place another, or use v5.algo.amend in explore.",
            )
        if size is not None and size * instrument.contract_size <= order.filled:
            raise BadArgument(f"{order.filled:f} of the order is filled already; the new size must be larger.")
        call = OKX["v5.order.amend"].call(instId=order.native, ordId=order.id, newSz=size, newPx=price)
        return (call,)

    def cancel(self, order: Order) -> tuple[Call, ...]:
        if order.conditional:
            return (OKX["v5.algo.cancel"].call(orders=[{"instId": order.native, "algoId": order.id}]),)
        return (OKX["v5.order.cancel"].call(instId=order.native, ordId=order.id),)

    def cancel_all(self, symbol: str, orders: Sequence[Order]) -> tuple[Call, ...]:
        """In batches of twenty orders and of ten algo orders; OKX has no call that cancels whatever there is."""
        plain = [{"instId": one.native, "ordId": one.id} for one in orders if not one.conditional]
        algos = [{"instId": one.native, "algoId": one.id} for one in orders if one.conditional]
        return (
            *(OKX["v5.batch.cancel"].call(orders=plain[n : n + 20]) for n in range(0, len(plain), 20)),
            *(OKX["v5.algo.cancel"].call(orders=algos[n : n + 10]) for n in range(0, len(algos), 10)),
        )

    def protect(
        self,
        instrument: Instrument,
        *,
        closing: Side,
        position_side: PositionSide,
        size: Decimal | None,
        take_profit: Decimal | None,
        stop_loss: Decimal | None,
        trigger_by: TriggerBy,
    ) -> tuple[Call, ...]:
        """One algo order; both prices make an oco, of which one leg ends the other.

        For one whole position OKX takes no second one, so that two orders would not do.
        """
        if take_profit is None and stop_loss is None:
            raise BadArgument("A take-profit or a stop-loss must be given.")
        swap, spot = self.kind == "SWAP", self.kind == "SPOT"
        if size is None and not swap:
            raise BadArgument("OKX closes whatever is open on contracts alone.", advice="Give a size.")
        args: dict[str, Any] = {
            "instId": instrument.native,
            "tdMode": "cash" if spot else self.mode.value,
            "side": closing.value,
            "ordType": "conditional" if None in (take_profit, stop_loss) else "oco",
            "sz": size,
            "closeFraction": "1" if size is None else None,
        }
        if position_side is not PositionSide.BOTH:
            args["posSide"] = position_side.value
        elif not spot:
            args["reduceOnly"] = True
        if self.kind == "MARGIN":
            args["ccy"] = instrument.quote
        for name, price in (("tp", take_profit), ("sl", stop_loss)):
            if price is not None:
                args |= {f"{name}TriggerPx": price, f"{name}OrdPx": AT_MARKET, f"{name}TriggerPxType": trigger_by.value}
        return (OKX["v5.algo.create"].call(args),)

    def transfer(self, asset: str, amount: Decimal, source: str, target: str) -> tuple[Call, ...]:
        for name in (source, target):
            if name not in WALLETS:
                raise BadArgument(f'OKX has no wallet "{name}" here.', advice=f"One of: {', '.join(WALLETS)}.")
        if source == target:
            raise BadArgument("A transfer wants two different wallets.")
        args = {"type": "0", "ccy": asset, "amt": amount, "from": WALLETS[source], "to": WALLETS[target]}
        return (OKX["v5.transfer.create"].call(args),)

    def trace(self, call: Call, *, sent_ms: int) -> Ask[Trace] | None:
        return trace(call, sent_ms)
