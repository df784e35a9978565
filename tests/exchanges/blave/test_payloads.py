"""Every answer that Blave's documentation shows is read, and so is every shape that it describes in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from blave_mcp.exchanges.blave.dialect import BlaveDialect
from blave_mcp.exchanges.blave.endpoints import BLAVE
from blave_mcp.exchanges.blave.indicators import INDICATORS
from blave_mcp.exchanges.blave.models import AlphaPoint, Price
from blave_mcp.exchanges.blave.models_market import SavedCondition, Sector
from blave_mcp.exchanges.blave.models_traders import (
    Bucket,
    CoinPosition,
    CuratedTrader,
    ExposurePoint,
    PnlPoint,
    SpotHolding,
    TraderFill,
    TraderOrder,
    TraderPosition,
    WindowResult,
)
from blave_mcp.exchanges.blave.stream import AlertReader
from blave_mcp.exchanges.blave.verbs import BlaveData
from blave_mcp.exchanges.blave.verbs_market import BlaveMaps, BlaveScreener
from blave_mcp.exchanges.blave.verbs_traders import BlaveTraders
from blave_mcp.exchanges.dialect import VenueFault, Verdict
from blave_mcp.exchanges.errors import BadArgument, Unavailable
from blave_mcp.exchanges.models import Candle, Side
from blave_mcp.exchanges.wire import HttpReply
from tests.conftest import ROOT

FOLDER = ROOT / "tests" / "payloads" / "blave"
ADDRESS = f"0x{'a1' * 20}"
DATA, MAPS, SCREENER, TRADERS = BlaveData(), BlaveMaps(), BlaveScreener(), BlaveTraders()


def read(name: str, status: int = 200) -> Any:
    body = (FOLDER / f"{name}.json").read_bytes()
    return BlaveDialect().decipher(BLAVE["data.alpha.table"].call(), HttpReply(status, {}, body))


def test_prices_candles_and_the_table():
    assert DATA.price("BTC").parse(read("price_token")) == Price("BTC", D("75838.2"), D("-0.01739"))
    assert DATA.candles("BTC", "1h", date(2026, 10, 1), date(2026, 10, 2)).parse(read("kline")) == (
        Candle(1790812800000, D("83576.8"), D("83612.6"), D("83370.0"), D("83460.0"), D("3123.991")),
    )
    (row,) = DATA.alpha_table().parse(read("alpha_table")).rows
    assert (row.symbol, row.price, row.funding_rate["pionex"]) == ("0G", D("0.1832"), None)
    assert row.indicators["holder_concentration_chg"]["30d"] is None
    assert row.indicators["liquidation"]["24h"] == D("-0.5637")
    assert (row.statistics.sufficient, row.statistics.avg_up_return) == (False, None)


@pytest.mark.parametrize("name", INDICATORS)
def test_every_indicator_reads_the_documented_series(name: str):
    question = DATA.alpha(name, "BTCUSDT", "1h", date(2026, 9, 13), date(2026, 9, 16))
    found = question.parse(read("alpha"))
    assert [point.time_ms for point in found.points] == [1789257600000, 1789261200000, 1789264800000]
    assert found.points[0].value == D("-1.1931909718306861")
    assert found.statistics is not None
    assert found.statistics.return_ratio == D("0.9024861762037658")
    plain = question.parse(read("alpha_plain"))
    assert (plain.points[2].value, plain.statistics) == (D("-0.5612490182062327"), None)
    assert question.parse({"data": ""}).points == ()


def test_exposure_colours_and_empty_values():
    question = DATA.alpha("top_trader_exposure", "", "1h", date(2025, 5, 1), date(2025, 7, 1))
    assert [point.value for point in question.parse(read("exposure")).points] == [D("34.32"), D("40.52")]
    squeeze = DATA.alpha("squeeze_momentum", "BTCUSDT", "", date(2026, 1, 1), date(2026, 1, 3))
    payload = {"data": {"alpha": [D("-0.2256"), ""], "scolor": ["black", ""], "timestamp": [1767225600, 1767312000]}}
    assert squeeze.parse(payload).points == (
        AlphaPoint(1767225600000, D("-0.2256"), {"scolor": "black"}),
        AlphaPoint(1767312000000, None, {}),
    )
    with pytest.raises(Unavailable):
        squeeze.parse({"data": {"alpha": [1], "timestamp": [1, 2]}})


def test_only_the_asked_days_are_kept():
    question = DATA.alpha("holder_concentration", "BTCUSDT", "1h", date(2026, 9, 14), date(2026, 9, 15))
    assert question.parse(read("alpha")).points == ()


def test_maps_sectors_and_screeners():
    data = {
        "labels": [1, 2, D("3.5")], "cumsum": [1, 3, 6], "oi_value": [4, "", 6], "price": D("2.5"),
        "liquidation": {"24h": {"buy_liq": [1, 1, 0], "sell_liq": [0, 1, 3]}},
    }  # fmt: skip
    found = MAPS.liquidation_map("BTCUSDT", price_min="1", price_max="4").parse({"data": data})
    assert (found.labels[2], found.open_interest, found.sides["24h"]["sell_liq"][2]) == (
        D("3.5"),
        (D(4), D(0), D(6)),
        D(3),
    )
    hist = {"labels": [1, 2], "price": 2, "hist_0_1h": [0, 1], "hist_1_8h": [1, 0], "hist_8_24h": [5, 6]}
    assert MAPS.liquidation_change("BTCUSDT").parse({"data": hist}).to_24_hours == (D(5), D(6))
    with pytest.raises(Unavailable):
        MAPS.liquidation_map("BTCUSDT").parse({"data": {**data, "cumsum": [1]}})
    sectors = MAPS.sector_rotation().parse(read("sector_rotation"))
    values = (D("0.0"), D("0.04377017039444864"), D("0.04922749428543449"))
    assert sectors.sectors == (Sector(key="AI", en="AI", zh="人工智能", values=values),)
    assert SCREENER.conditions().parse({"data": {"12": {"filters": []}}}) == (SavedCondition(12, {"filters": []}),)
    assert SCREENER.result(12).parse({"data": ["BTC", "ETH"]}) == ("BTC", "ETH")
    assert SCREENER.result(12).parse({"data": {"alpha_names": [], "symbols": ["BTC"]}}) == ("BTC",)
    assert DATA.symbols("liquidation").parse({"data": ["BNBUSDT", "BTCUSDT"]}) == ("BNBUSDT", "BTCUSDT")


@pytest.mark.parametrize("wrapped", [False, True])
def test_traders(wrapped: bool):
    def payload(value: Any) -> Any:
        return {"data": value} if wrapped else value

    windows = [["day", {"pnl": "-1.5", "roi": "0.01", "vlm": "100"}], ["allTime", {"pnl": "", "roi": "0", "vlm": "1"}]]
    row = {"ethAddress": ADDRESS, "accountValue": "1000.5", "windowPerformances": windows, "displayName": None}
    (one,) = TRADERS.leaderboard("week").parse(payload([row]))
    assert (one.address, one.name, one.account_value) == (ADDRESS, None, D("1000.5"))
    assert one.windows["day"] == WindowResult(D("-1.5"), D("0.01"), D(100))
    assert one.windows["allTime"].pnl is None
    assert TRADERS.curated().parse(payload(read("curated"))) == (
        CuratedTrader("0xABC...", {"en": "Machi Big Brother", "zh": "麻吉大哥"}, {"en": "...", "zh": "..."}),
    )
    held = {"coin": "BTC", "szi": "-0.5", "entryPx": "90000.1", "unrealizedPnl": "12", "token_id": 1}
    account = TRADERS.account(ADDRESS).parse(
        payload(
            {
                "perp": {"assetPositions": [{"position": held}]},
                "spot": {"balances": [{"coin": "USDC", "total": "5.5", "hold": "1"}]},
                "abstraction": "default",
                "net_equity": D("99.5"),
                "trader_name": {"en": "A", "zh": "B"},
                "description": None,
            }
        )
    )
    assert account.positions == (TraderPosition(coin="BTC", size=D("-0.5"), entry=D("90000.1"), unrealized_pnl=D(12)),)
    assert account.spot == (SpotHolding("USDC", D("5.5"), {"hold": D(1)}),)
    assert (account.net_equity, account.name, account.description) == (D("99.5"), "A", None)
    fill = {"coin": "BTC", "px": "9", "sz": "1", "dir": "Close Long", "closedPnl": "3", "time": 1712054400}
    assert TRADERS.fills(ADDRESS).parse(payload([fill, {**fill, "time": 1712054300}]))[1] == TraderFill(
        coin="BTC", price=D(9), size=D(1), direction="Close Long", closed_pnl=D(3), time_ms=1712054400000
    )
    chart = {"chart": {"timestamp": [20, 10, 20], "pnl": [D("2.5"), 1, 3]}}
    assert TRADERS.performance(ADDRESS).parse(payload(chart)) == (PnlPoint(10_000, D(1)), PnlPoint(20_000, D(3)))
    order = {"coin": "ETH", "sz": "2", "px": "3000", "side": "A", "token_id": 2, "oid": 77}
    assert TRADERS.orders(ADDRESS).parse(payload([order])) == (
        TraderOrder(coin="ETH", side=Side.SELL, size=D(2), price=D(3000), id="77"),
    )
    top = TRADERS.top_positions().parse(payload(read("top_position")))
    assert (top.long, top.short[0].size) == ((CoinPosition("BTC", D("12.5")),), D(-200))


def test_exposure_history_takes_whatever_series_there_are():
    question = TRADERS.exposure("BTCUSDT", "1d", date(2026, 1, 1), date(2026, 1, 3))
    payload = {"data": {"timestamp": [86400, 0], "long": [2, 1], "net": ["", D("0.5")], "unit": "usd"}}
    assert question.parse(payload) == (
        ExposurePoint(0, {"long": D(1), "net": D("0.5")}),
        ExposurePoint(86_400_000, {"long": D(2), "net": None}),
    )
    with pytest.raises(Unavailable):
        question.parse({"data": {"timestamp": [1]}})


def test_buckets_are_in_the_order_of_their_size_and_may_still_be_computed():
    assert TRADERS.buckets().parse(read("warming_up", 202)).buckets is None
    of = {
        "stats": {"count": 5, "profit_ratio": D("0.4"), "loss_ratio": D("0.6")},
        "positions": {"long": [{"coin": "BTC", "position": 1}], "short": 3},
        "long_exposure": 10, "short_exposure": "", "net_exposure": -1,
    }  # fmt: skip
    found = TRADERS.buckets().parse({"gt_1M": of, "lt_100": of}).buckets
    assert found is not None
    assert [bucket.name for bucket in found] == ["lt_100", "gt_1M"]
    assert found[0] == Bucket(
        name="lt_100", count=5, profit_ratio=D("0.4"), loss_ratio=D("0.6"), long_exposure=D(10), short_exposure=None,
        net_exposure=D(-1), long=(CoinPosition("BTC", D(1)),),
    )  # fmt: skip


def test_the_stream():
    (alert,) = AlertReader().feed((FOLDER / "stream.txt").read_bytes())
    assert (alert.id, alert.fields) == (
        "1712054400000-0", {"action": "buy", "symbol": "BTCUSD", "price": "95000"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "status", "verdict", "said"),
    [
        ("not_found", 404, Verdict.REFUSED, "Invalid condition_id: 12 not found for user."),
        ("bad_key", 403, Verdict.REFUSED, "Invalid API key."),
        ("limited", 429, Verdict.RATE_LIMITED, "Rate limit exceeded."),
    ],
)
def test_refusals_are_told_in_the_venue_s_words(name: str, status: int, verdict: Verdict, said: str):
    with pytest.raises(VenueFault) as fault:
        read(name, status)
    assert (fault.value.verdict, fault.value.message) == (verdict, said)


@pytest.mark.parametrize("wrong", ["", "0x12", "a1" * 20, f"0x{'g' * 40}", f"0x{'a' * 41}"])
def test_an_address_is_checked_before_anything_is_sent(wrong: str):
    with pytest.raises(BadArgument, match="address"):
        TRADERS.account(wrong)


def test_bounds_of_a_map_stand_the_right_way_round():
    with pytest.raises(BadArgument, match="must lie below"):
        MAPS.liquidation_map("BTCUSDT", price_min="10", price_max="9")
