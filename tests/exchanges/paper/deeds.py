"""Random lives of an account: numbers that hypothesis draws, read as what a user or the market does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from blave_mcp.exchanges.paper.borrowing import spot_key
from blave_mcp.exchanges.paper.exchange import PaperExchange
from blave_mcp.exchanges.paper.refusals import PaperRefusal
from blave_mcp.exchanges.paper.types import (
    ListKind,
    MarginMode,
    OrderRequest,
    OrderType,
    PositionSide,
    Rules,
    Side,
    TimeInForce,
    TriggerBy,
)
from tests.exchanges.paper.scripted import (
    ETH,
    HOUR,
    LISTINGS,
    MARGIN,
    PERP,
    SPOT,
    T0,
    ScriptedMarket,
    new_exchange,
    new_market,
)

D = Decimal
KEYS = (SPOT, PERP, ETH, PERP)
QTYS = {
    MARGIN: ("0.01", "0.2", "0.6", "2"),
    SPOT: ("0.002", "0.1", "0.5", "1"),
    PERP: ("0.01", "0.3", "1", "3"),
    ETH: ("0.1", "5", "20", "60"),
}
TYPES = (
    OrderType.MARKET,
    OrderType.LIMIT,
    OrderType.LIMIT,
    OrderType.STOP_MARKET,
    OrderType.STOP_LIMIT,
    OrderType.TAKE_PROFIT_MARKET,
    OrderType.TAKE_PROFIT_LIMIT,
    OrderType.TRAILING_STOP,
)
DISTANCES = tuple(map(D, ("0.0001", "0.002", "0.005", "0.01", "0.02", "0.04", "0.08", "0")))
FIRES_ABOVE = {
    (OrderType.STOP_MARKET, Side.BUY),
    (OrderType.STOP_LIMIT, Side.BUY),
    (OrderType.TAKE_PROFIT_MARKET, Side.SELL),
    (OrderType.TAKE_PROFIT_LIMIT, Side.SELL),
    (OrderType.LIMIT, Side.SELL),
    (OrderType.TRAILING_STOP, Side.SELL),
}
STARTS: Sequence[dict[str, dict[str, Decimal]]] = (
    {"spot": {"USDT": D(50_000), "BTC": D(1)}, "perp": {"USDT": D(10_000)}},
    {"spot": {"USDT": D(1_000), "BTC": D("0.1")}, "perp": {"USDT": D(500)}},
    {"perp": {"USDT": D(100_000)}},
)
Deed = tuple[int, int, int, int]


def key_for(number: int) -> str:
    """Of eight numbers two are spot, two ETH's perpetual, three BTC's and one its margin."""
    return MARGIN if number % 4 == 3 and number & 64 else KEYS[number % 4]


def _story(seed: int, length: int) -> list[Deed]:
    draw = Random(seed).randrange  # noqa: S311 - no secret
    return [(draw(256), draw(256), draw(256), draw(256)) for _ in range(length)]


deeds = st.builds(_story, st.integers(0, 2**32), st.integers(5, 60))
"""Drawn evenly from a seed: most deeds need others before them to mean anything. A failure shrinks by its length."""
beginnings = st.tuples(st.integers(0, 2), st.booleans(), st.booleans(), st.integers(0, 3))


@dataclass
class Life:
    """An account and its market, after some deeds."""

    exchange: PaperExchange
    market: ScriptedMarket
    start: dict[str, dict[str, Decimal]]
    now: int = T0
    refusals: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, beginning: tuple[int, bool, bool, int]) -> Life:
        number, hedge, isolated, size = beginning
        rules = Rules(
            hedge=hedge,
            default_margin_mode=MarginMode.ISOLATED if isolated else MarginMode.CROSS,
            spot_fee_in="quote" if size == 3 else "received",
            post_only="expire" if size == 2 else "refuse",
            cancel_list_together=size != 1,
            self_trade="cancel_maker" if size >= 2 else "none",
            perp_wallet="spot" if number == 2 and size == 0 else "perp",
        )
        market = new_market()
        market.level_qty = (D(10), D("0.5"), D("0.05"), D(3))[size]
        market.rate = D("0.0003")
        return cls(new_exchange(market, rules=rules, balances=STARTS[number]), market, STARTS[number])

    def do(self, deed: Deed) -> None:
        """Does one thing; a refusal is noted by its reason."""
        kind, a, b, c = deed
        try:
            _DEEDS[kind % len(_DEEDS)](self, a, b, c)
        except PaperRefusal as refusal:
            self.refusals.append(refusal.reason.value)

    def level(self, key: str, distance: Decimal) -> Decimal:
        tick = LISTINGS[key].tick
        last = self.market.prices(spot_key(key), self.now).last
        return max(tick, last * (1 + distance) // tick * tick)

    def request(self, a: int, b: int, c: int) -> OrderRequest:
        key = key_for(a)
        type_ = TYPES[b % 8]
        side = Side.BUY if a & 4 else Side.SELL
        fields: dict[str, Any] = {}
        # Mostly on the side of the market where it may wait.
        away = 1 if ((type_, side) in FIRES_ABOVE) != (b >= 224) else -1
        level = self.level(key, away * DISTANCES[c % 8])
        if type_ in (OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT):
            fields["price"] = level
        if type_ is OrderType.TRAILING_STOP:
            fields["callback_rate"] = D("0.01")
            if c & 8:
                fields["activation_price"] = level
        elif type_ not in (OrderType.MARKET, OrderType.LIMIT):
            fields["trigger_price"] = level
            fields["trigger_by"] = TriggerBy.MARK if c & 8 and key != SPOT else TriggerBy.LAST
        if key != SPOT:
            if self.exchange.hedge and key != MARGIN:
                fields["position_side"] = PositionSide.LONG if a & 8 else PositionSide.SHORT
            else:
                fields["reduce_only"] = a & 24 == 24
            fields["tied_to_position"] = a >= 192
        fields["tif"] = (TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)[(a >> 4) & 3]
        fields["post_only"] = bool(c & 16) and "price" in fields and fields["tif"] is TimeInForce.GTC
        if c & 32:
            fields["expire_ms"] = self.now + 90_000
        if c & 64:
            fields["client_id"] = f"c{a % 3}"
        qty: Decimal | None = D(QTYS[key][(b >> 3) % 4])
        if key in (SPOT, MARGIN) and "price" not in fields and b & 64 and not (key == MARGIN and c & 128):
            qty, fields["quote_qty"] = None, D(300)
        elif key != SPOT and "trigger_price" in fields and "price" not in fields and b & 64:
            qty, fields["close_position"] = None, True
        return OrderRequest(key=key, side=side, type=type_, qty=qty, **fields)

    def place(self, a: int, b: int, c: int) -> None:
        self.exchange.place(self.request(a, b, c), self.now)

    def place_list(self, a: int, b: int, c: int) -> None:
        kind = (ListKind.OCO, ListKind.OTO, ListKind.OTOCO)[c % 3]
        # An entry, and two exits of the other side: a limit beyond and a stop behind.
        entry = self.request(a, b, c)
        exits = [self.request((a & ~24) ^ 4, (b & 24) + kind_, c & 7) for kind_ in (2, 3 + (b & 1))]
        chosen = exits if kind is ListKind.OCO else [entry, *exits][: 2 + (kind is ListKind.OTOCO)]
        self.exchange.place_list(kind, chosen, self.now)

    def cancel(self, a: int, b: int, c: int) -> None:
        orders = self.exchange.open_orders(self.now)
        if orders:
            order = orders[a % len(orders)]
            self.exchange.cancel(order.key, self.now, order_id=order.id)

    def cancel_all(self, a: int, b: int, c: int) -> None:
        self.exchange.cancel_all(self.now, key=key_for(a))

    def amend(self, a: int, b: int, c: int) -> None:
        orders = self.exchange.open_orders(self.now)
        if orders:
            order = orders[a % len(orders)]
            self.exchange.amend(
                order.key,
                self.now,
                order_id=order.id,
                price=self.level(order.key, DISTANCES[b % 8] * (1 - b // 64 % 2 * 2))
                if c & 1 and order.price
                else None,
                qty=D(QTYS[order.key][b % 4]) if c & 2 and order.request.qty else None,
                trigger_price=self.level(order.key, DISTANCES[b % 8] * (1 - b // 64 % 2 * 2))
                if order.request.trigger_price
                else None,
            )

    def transfer(self, a: int, b: int, c: int) -> None:
        wallets = ("spot", "perp", "funding")
        asset = "BTC" if c & 1 else "USDT"
        source = wallets[a % 3]
        spare = self.exchange.transferable(source, asset, self.now)
        amount = (D(b) / 8, spare, spare / 3 // D("1e-8") * D("1e-8"))[c % 3]
        self.exchange.transfer(asset, amount, source=source, target=wallets[b % 3], now_ms=self.now)

    def hold(self, a: int, b: int, c: int) -> None:
        deed = self.exchange.hold if c & 1 else self.exchange.release
        deed("spot", "USDT", D(a), now_ms=self.now)

    def margin(self, a: int, b: int, c: int) -> None:
        key = (PERP, ETH, MARGIN)[a % 3]
        sided = self.exchange.hedge and key != MARGIN
        side = (PositionSide.LONG, PositionSide.SHORT)[a & 1] if sided else PositionSide.BOTH
        self.exchange.adjust_margin(key, D(b - 128), self.now, position_side=side)

    def leverage(self, a: int, b: int, c: int) -> None:
        self.exchange.set_leverage((PERP, ETH, MARGIN)[a % 3], D((1, 5, 10, 75, 125)[b % 5]), self.now)

    def modes(self, a: int, b: int, c: int) -> None:
        if a & 1:
            self.exchange.set_hedge(not self.exchange.hedge, self.now)
        else:
            other = (MarginMode.CROSS, MarginMode.ISOLATED)[b & 1]
            self.exchange.set_margin_mode((PERP, ETH, MARGIN)[a % 3], other, self.now)

    def move(self, a: int, b: int, c: int) -> None:
        """The price changes by up to a fifth, and some seconds go by; the mark may lag."""
        key = spot_key(key_for(a))
        step = (D(b) - 128) / (1_000 if c % 4 else 6_000)
        last = self.level(key, step)
        mark = None if c & 2 or key == SPOT else self.level(key, step / 2)
        self.market.move(key, self.now + 250, last, mark)
        self.now += 250 if c & 4 else 1_000 * (1 + c % 60)

    def wait(self, a: int, b: int, c: int) -> None:
        self.now += a * 6_000 if c % 4 else HOUR * (a % 17)
        self.exchange.advance(self.now)


_DEEDS: Sequence[Callable[[Life, int, int, int], None]] = (
    *[Life.place] * 7,
    *[Life.move] * 6,
    Life.place_list,
    Life.place_list,
    Life.cancel,
    Life.cancel_all,
    Life.amend,
    Life.transfer,
    Life.hold,
    Life.margin,
    Life.leverage,
    Life.modes,
    Life.wait,
)
