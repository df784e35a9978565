"""Every read verb on a documented answer, and on the answer of the paper face, which has the same form."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.errors import BadArgument, Unavailable, VenueRefused
from blave_mcp.exchanges.models import (
    MarginMode,
    Market,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Side,
    TriggerBy,
)
from blave_mcp.exchanges.okx.verbs import OkxMargin, OkxPerpetual, OkxSpot
from tests.exchanges.okx.examples import payload

SPOT, MARGIN, PERP = OkxSpot(), OkxMargin(), OkxPerpetual()
SWAP = "BTC-USDT-SWAP"
D = Decimal
HOUR = 3_600_000

# The page of the instruments shows a spot pair; a swap has these fields besides, as its table says.
SWAPS = [
    {
        **payload("instruments_spot")[0], "instId": SWAP, "instType": "SWAP", "baseCcy": "", "quoteCcy": "",
        "ctVal": "0.01", "ctMult": "1", "ctType": "linear", "ctValCcy": "BTC", "settleCcy": "USDT", "lotSz": "0.1",
        "minSz": "0.1", "maxLmtSz": "100000000", "maxMktSz": "12000", "instFamily": "BTC-USDT", "lever": "100",
        "groupId": "2", "maxPxLmtPct": "0.15",
    },
    {
        **payload("instruments_spot")[0], "instId": "BTC-USD-SWAP", "instType": "SWAP", "ctVal": "100", "ctMult": "1",
        "ctType": "inverse", "ctValCcy": "USD", "settleCcy": "BTC",
    },
]  # fmt: skip


def swap_order(**changes: Any) -> dict[str, Any]:
    found = {**payload("order")[0], "instId": SWAP, "instType": "SWAP", "tgtCcy": "", "sz": "10", "accFillSz": "4"}
    return found | {"ordType": "limit", "px": "50000", "state": "partially_filled", "avgPx": "49990"} | changes


def test_spot_instruments():
    (one,) = SPOT.instruments().parse(payload("instruments_spot"))
    assert (one.symbol, one.native, one.base, one.quote, one.settle) == ("BTC/USDT", "BTC-USDT", "BTC", "USDT", "USDT")
    assert (one.tick, one.step, one.min_size, one.max_size) == (D("0.1"), D("1E-8"), D("0.00001"), D(9999999999))
    assert (one.contract_size, one.market_max, one.trading) == (D(1), None, True)
    (lent,) = MARGIN.instruments().parse(payload("instruments_spot"))
    assert lent.market is Market.MARGIN


def test_swaps_are_counted_in_contracts_and_inverse_ones_left_out():
    (one,) = PERP.instruments().parse(SWAPS)
    assert (one.symbol, one.native, one.settle, one.contract_size) == ("BTC/USDT", SWAP, "USDT", D("0.01"))
    assert (one.step, one.market_max, one.price_up, one.price_down) == (D("0.1"), D(12000), D("1.15"), D("0.85"))
    multiplied = PERP.instruments().parse([{**SWAPS[0], "ctMult": "10"}])
    assert multiplied[0].contract_size == D("0.1")


def test_ticker_of_spot_and_of_a_swap():
    spot = SPOT.ticker("BTC-USDT").parse(payload("ticker"))
    assert (spot.last, spot.bid, spot.ask, spot.mark) == (D("9999.99"), D("8888.88"), D("9999.99"), None)
    swap = PERP.ticker(SWAP).parse(
        payload("ticker"), payload("mark_price"), payload("funding_rate"), payload("open_interest")
    )
    assert (swap.mark, swap.funding_rate, swap.next_funding_ms) == (D(200), D("0.0000182221218054"), 1743609600000)
    assert (swap.open_interest, swap.volume_24h_base, swap.volume_24h_quote) == (D("555.55"), D(2222), None)
    assert swap.change_24h_percent == (D("9999.99") / 9000 - 1) * 100


def test_candles_are_oldest_first_and_their_volume_is_in_base():
    ask = SPOT.candles("BTC-USDT", "1h", start_ms=None, end_ms=None, limit=5)
    assert [call.endpoint.id for call in ask.calls] == ["v5.candles.list"]
    (one,) = ask.parse(payload("candles"))
    assert (one.open_ms, one.open, one.close, one.volume) == (1597026383085, D("3.731"), D("3.72"), D(24912403))
    (swap,) = PERP.candles(SWAP, "1h", start_ms=None, end_ms=None, limit=5).parse(payload("candles"))
    assert swap.volume == D("67632347.24399722")


def test_a_span_of_candles_is_asked_of_both_endpoints_and_cut_to_the_span():
    ask = SPOT.candles("BTC-USDT", "1d", start_ms=0, end_ms=100 * 24 * HOUR, limit=3)
    assert [call.endpoint.id for call in ask.calls] == ["v5.candles.history", "v5.candles.list"]
    for call in ask.calls:
        assert call.arguments == {
            "instId": "BTC-USDT", "bar": "1Dutc", "before": "-1", "after": str(3 * 24 * HOUR), "limit": 3,
        }  # fmt: skip
    rows = [[str(n * 24 * HOUR), "1", "1", "1", "1", "1", "1", "1", "1"] for n in range(3)]
    assert [c.open_ms for c in ask.parse(rows[:2], rows[1:])] == [0, 24 * HOUR, 48 * HOUR]
    with pytest.raises(BadArgument, match='no candles of "7x"'):
        SPOT.candles("BTC-USDT", "7x", start_ms=None, end_ms=None, limit=3)


def test_book_and_trades():
    book = SPOT.book("BTC-USDT", 5).parse(payload("books"))
    assert (book.bids[0].price, book.asks[0].size, book.time_ms) == (D("41006.3"), D("0.60038921"), 1629966436396)
    first, second = SPOT.trades("BTC-USDT", 2).parse(payload("trades"))
    assert (first.id, second.id, first.side, second.price) == ("242720719", "242720720", Side.SELL, D("29963.2"))


def test_funding_is_what_was_paid_oldest_first():
    ask = PERP.funding_rates("BTC-USD-SWAP", start_ms=None, end_ms=None, limit=10)
    first, second = ask.parse(payload("funding_history"))
    assert (first.time_ms, second.time_ms) == (1703030400000, 1703059200000)
    assert (first.rate, second.rate) == (D("0.0002279755647389"), D("0.0000746572360545"))
    assert ask.parse(payload("funding_history"))[-1:] == PERP.funding_rates(
        SWAP, start_ms=None, end_ms=None, limit=1
    ).parse(payload("funding_history"))


def test_a_long_span_of_funding_is_cut_so_that_hourly_funding_fits():
    ask = PERP.funding_rates(SWAP, start_ms=0, end_ms=900 * HOUR, limit=900)
    assert [call.get("after") for call in ask.calls] == [str(400 * HOUR), str(800 * HOUR), str(900 * HOUR)]
    with pytest.raises(BadArgument, match="three months"):
        PERP.funding_rates(SWAP, start_ms=0, end_ms=4000 * HOUR, limit=900)


def test_balances_of_both_accounts():
    trading, funding = SPOT.balances().parse(payload("balance"), payload("funding_balance"))
    assert (trading.wallet, trading.asset, trading.total) == ("trading", "USDT", D("4850.435693622894"))
    assert (trading.free, trading.locked, trading.unrealised_pnl) == (
        D("4834.317093622894"), D("158.573"), D("-7.545600000000006"),
    )  # fmt: skip
    assert (funding.wallet, funding.asset, funding.free) == ("funding", "ETH", D("37.11827078"))
    assert PERP.balances().parse(payload("balance"), [])[0].free == D("4834.3170936228935")
    none_free = {**payload("balance")[0]["details"][0], "availEq": "0"}
    assert PERP.balances().parse([{"details": [none_free]}], [])[0].free == 0


def test_a_margin_position():
    (held,) = MARGIN.positions().parse(payload("positions"))
    assert (held.side, held.position_side, held.size) == (PositionSide.LONG, PositionSide.BOTH, D("0.00190433573"))
    assert (held.margin_mode, held.leverage, held.margin) == (MarginMode.ISOLATED, 5, D("0.000317654"))
    short = {**payload("positions")[0], "posCcy": "USDT", "pos": "62961.4"}
    (other,) = MARGIN.positions().parse([short])
    assert (other.side, round(other.size, 10)) == (PositionSide.SHORT, D(1))
    owing = {**short, "liabCcy": "BTC", "liab": "-1.00000012"}
    (exact,) = MARGIN.positions().parse([owing])
    assert (exact.side, exact.size) == (PositionSide.SHORT, D("1.00000012")), "interest is to be bought back too"


@pytest.mark.parametrize(
    ("pos", "pos_side", "side", "named"),
    [
        ("-3", "net", PositionSide.SHORT, PositionSide.BOTH),
        ("3", "net", PositionSide.LONG, PositionSide.BOTH),
        ("3", "short", PositionSide.SHORT, PositionSide.SHORT),
        ("3", "long", PositionSide.LONG, PositionSide.LONG),
    ],
)
def test_a_swap_position_in_base_and_in_contracts(pos: str, pos_side: str, side: PositionSide, named: PositionSide):
    row = {**payload("positions")[0], "instId": SWAP, "instType": "SWAP", "pos": pos, "posSide": pos_side}
    (held,) = PERP.positions(SWAP).parse([row, {**row, "pos": "0"}, {**row, "instId": "BTC-USD-SWAP"}], SWAPS)
    assert (held.side, held.position_side, held.size, held.contracts) == (side, named, D("0.03"), D(3))
    assert held.notional == D("0.03") * D("62891.9")


def test_settings_of_spot_and_of_a_swap():
    spot = SPOT.settings("BTC-USDT").parse(payload("instruments_spot"), payload("account_config"), payload("trade_fee"))
    assert (spot.maker_fee, spot.taker_fee, spot.can_trade, spot.leverage) == (D("0.0008"), D("0.001"), True, None)
    ask = PERP.settings(SWAP)
    assert ask.calls[2].arguments == {"instType": "SWAP", "instFamily": "BTC-USDT"}
    shared = (SWAPS, payload("account_config"), payload("trade_fee"), payload("leverage_info"))
    free = ask.parse(*shared, [])
    assert (free.leverage, free.margin_mode, free.position_mode) == (10, MarginMode.CROSS, PositionMode.HEDGE)
    held = ask.parse(*shared, payload("positions"))
    assert (held.leverage, held.margin_mode) == (5, MarginMode.ISOLATED)
    multi = [{**payload("account_config")[0], "acctLv": "3", "posMode": "net_mode", "perm": "read_only"}]
    other = ask.parse(SWAPS, multi, payload("trade_fee"), payload("leverage_info"), [])
    assert (other.multi_asset, other.position_mode, other.can_trade) == (True, PositionMode.ONE_WAY, False)


def test_the_fee_is_that_of_the_instrument_s_group():
    groups = [{"groupId": "2", "maker": "-0.0002", "taker": "-0.0005"}, {"groupId": "1", "maker": "0", "taker": "0"}]
    fees = [{**payload("trade_fee")[0], "feeGroup": groups}]
    found = PERP.settings(SWAP).parse(SWAPS, payload("account_config"), fees, payload("leverage_info"), [])
    assert (found.maker_fee, found.taker_fee) == (D("0.0002"), D("0.0005"))


def test_tiers_in_contracts_become_brackets_in_quote():
    tier = payload("position_tiers")[0]
    second = {**tier, "minSz": "51", "maxSz": "100", "maxLever": "5", "mmr": "0.05", "tier": "2"}
    mark = [{**payload("mark_price")[0], "markPx": "50000"}]
    low, high = PERP.brackets(SWAP).parse([second, tier], SWAPS, mark)
    assert (low.floor, low.cap, low.max_leverage, low.rate, low.deduction) == (D(0), D(25_000), 10, D("0.03"), D(0))
    assert (high.floor, high.cap, high.max_leverage) == (D(25_000), D(50_000), 5)


def test_an_order_that_was_sized_in_quote_is_told_in_base():
    one = SPOT.order("BTC-USDT", id="680800019749904384").parse(payload("order"))
    assert (one.id, one.type, one.status, one.side) == (
        "680800019749904384", OrderType.MARKET, OrderStatus.FILLED, Side.BUY,
    )  # fmt: skip
    assert (one.size, one.filled, one.average) == (D("0.00192834"), D("0.00192834"), D(51858))
    assert one.cost == D("0.00192834") * 51858
    assert (one.created_ms, one.updated_ms, one.conditional) == (1708587373361, 1708587373362, False)


def test_an_order_in_contracts_is_told_in_base():
    ask = PERP.order(SWAP, client_id="mine")
    assert [call.endpoint.id for call in ask.calls] == ["v5.order.get", "v5.instruments.list"]
    one = ask.parse([swap_order(posSide="long")], SWAPS)
    assert (one.size, one.filled, one.remaining, one.price) == (D("0.1"), D("0.04"), D("0.06"), D(50_000))
    assert (one.status, one.position_side) == (OrderStatus.PARTIALLY_FILLED, PositionSide.LONG)
    with pytest.raises(Unavailable, match="documented form"):
        ask.parse([swap_order()], [])


def test_an_algo_order():
    one = SPOT.order("BTC-USDT", id="1753184812254216192", conditional=True).parse(payload("algo_order"))
    assert (one.type, one.status, one.trigger) == (
        OrderType.TAKE_PROFIT_MARKET, OrderStatus.UNTRIGGERED, D(10_000),
    )  # fmt: skip
    assert (one.size, one.trigger_by, one.conditional, one.side) == (None, TriggerBy.LAST, True, Side.BUY)


ALGO = {**payload("algo_order")[0], "tgtCcy": "", "tpTriggerPx": "", "tpOrdPx": "", "tpTriggerPxType": ""}


@pytest.mark.parametrize(
    ("changes", "kind", "trigger"),
    [
        ({"ordType": "trigger", "triggerPx": "70000", "ordPx": "-1"}, OrderType.STOP_MARKET, 70_000),
        ({"ordType": "trigger", "triggerPx": "50000", "ordPx": "49000"}, OrderType.TAKE_PROFIT_LIMIT, 50_000),
        ({"ordType": "trigger", "triggerPx": "50000", "ordPx": "-1", "side": "sell"}, OrderType.STOP_MARKET, 50_000),
        ({"slTriggerPx": "70000", "slOrdPx": "-1"}, OrderType.STOP_MARKET, 70_000),
        ({"slTriggerPx": "70000", "slOrdPx": "71000"}, OrderType.STOP_LIMIT, 70_000),
        ({"ordType": "move_order_stop", "callbackRatio": "0.02", "activePx": "5"}, OrderType.TRAILING_STOP, 5),
        (
            {"ordType": "oco", "slTriggerPx": "1", "slOrdPx": "-1", "tpTriggerPx": "2", "tpOrdPx": "-1"},
            "oco",
            1,
        ),
    ],
)
def test_every_kind_of_algo_order_is_told_by_what_it_does(changes: dict[str, Any], kind: str, trigger: int):
    one = SPOT.order("BTC-USDT", id="1", conditional=True).parse([ALGO | changes])
    assert (one.type, one.trigger) == (kind, D(trigger))
    assert one.take_profit == (2 if kind == "oco" else None)
    if kind is OrderType.TRAILING_STOP:
        assert one.callback_percent == 2


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("live", OrderStatus.UNTRIGGERED),
        ("effective", OrderStatus.TRIGGERED),
        ("canceled", OrderStatus.CANCELED),
        ("order_failed", OrderStatus.REJECTED),
    ],
)
def test_states_of_algo_orders(state: str, status: OrderStatus):
    one = SPOT.order("BTC-USDT", id="1", conditional=True).parse([ALGO | {"state": state, "slTriggerPx": "1"}])
    assert one.status is status


def test_open_orders_are_plain_and_algo_together():
    ask = SPOT.open_orders("BTC-USDT")
    assert [call.get("ordType") for call in ask.calls[1:]] == ["conditional,oco", "trigger", "move_order_stop"]
    live = {**payload("order")[0], "state": "live", "ordType": "limit", "px": "1", "tgtCcy": "", "accFillSz": "0"}
    found = ask.parse([live], payload("algo_order"), [], [])
    assert [one.conditional for one in found] == [False, True]
    assert [call.endpoint.id for call in PERP.open_orders().calls][-1] == "v5.instruments.list"


def test_history_joins_what_is_open_what_ended_and_what_is_archived():
    ask = SPOT.order_history("BTC-USDT", start_ms=1_700_000_000_000, end_ms=1_800_000_000_000, limit=10)
    assert len(ask.calls) == 15
    pages: list[Any] = [[] for _ in ask.calls]
    pages[1], pages[2], pages[4] = payload("order"), payload("order"), payload("algo_order")
    assert [one.id for one in ask.parse(*pages)] == ["680800019749904384", "1753184812254216192"]
    early = SPOT.order_history("BTC-USDT", start_ms=1_720_000_000_000, end_ms=None, limit=10)
    assert [one.id for one in early.parse(*pages)] == ["1753184812254216192"]


def test_fills_are_counted_once_and_a_charged_fee_is_positive():
    ask = SPOT.fills("BTC-USDT", start_ms=None, end_ms=None, limit=10)
    (one,) = ask.parse(payload("fills"), payload("fills"))
    assert (one.id, one.order_id, one.price, one.size) == (
        "744876980", "680800019749904384", D(51858), D("0.00192834"),
    )  # fmt: skip
    assert (one.fee, one.fee_asset, one.maker, one.realised_pnl) == (D("0.00000192834"), "BTC", False, None)
    swap = {**payload("fills")[0], "instId": SWAP, "instType": "SWAP", "fillSz": "5", "fillPnl": "1.5"}
    (other,) = PERP.fills(SWAP, start_ms=None, end_ms=None, limit=10).parse([swap], [], SWAPS)
    assert (other.size, other.realised_pnl, other.position_side) == (D("0.05"), D("1.5"), PositionSide.BOTH)


def test_an_answer_of_another_form_is_unavailable_and_a_missing_thing_is_refused():
    with pytest.raises(Unavailable, match=r"documented form \(v5.ticker.get: KeyError"):
        SPOT.ticker("BTC-USDT").parse([{"instId": "BTC-USDT"}])
    fault = VenueFault(Verdict.REFUSED, code="51603", message="x", meaning="There is no such order.", not_found=True)
    with pytest.raises(VenueRefused, match="51603"):
        SPOT.order("BTC-USDT", id="1").parse(fault)
