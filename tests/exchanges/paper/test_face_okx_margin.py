"""Margin on the OKX face: loans, interest, positions, and orders told apart from those of spot."""

from decimal import Decimal

import pytest

from tests.exchanges.okx.examples import payload
from tests.exchanges.paper.okx_client import SWAP, Okx
from tests.exchanges.paper.test_face_okx import LEFT_OUT

D = Decimal
PAIR = "BTC-USDT"
HOUR_MS = 3_600_000


@pytest.fixture
def okx() -> Okx:
    return Okx()


def lent(okx: Okx, **params: str) -> str:
    return okx.order(PAIR, **{"tdMode": "isolated", "ccy": "USDT", **params})


def test_a_long_owes_quote_and_has_the_documented_fields(okx: Okx):
    lent(okx, sz="1000")
    (held,) = okx.get("/account/positions", instType="MARGIN")
    documented = payload("positions")[0]
    assert documented["instType"] == "MARGIN"
    assert documented.keys() - held.keys() - LEFT_OUT["positions"] == set()
    assert (held["instId"], held["posCcy"], held["liabCcy"], held["posSide"]) == (PAIR, "BTC", "USDT", "net")
    assert (held["mgnMode"], held["lever"], held["interest"]) == ("isolated", "10", "0")
    assert -1000 <= D(held["liab"]) == -D(held["pos"]) * D(held["avgPx"]) < -990
    assert D(held["liqPx"]) < D(held["markPx"])
    assert okx.get("/account/positions", instType="SWAP") == []
    assert okx.get("/account/positions") == [held]


def test_a_short_owes_base(okx: Okx):
    lent(okx, side="sell", sz="0.02", tdMode="cross")
    (held,) = okx.get("/account/positions", instId=PAIR)
    assert (held["posCcy"], held["liabCcy"], held["liab"], held["mgnMode"]) == ("USDT", "BTC", "-0.02", "cross")
    assert D(held["pos"]) == D("0.02") * D(held["avgPx"])


def test_the_same_pair_s_orders_are_told_apart_and_found_by_name(okx: Okx):
    on_margin = lent(okx, ordType="limit", px=okx.near("0.9", PAIR), sz="0.01", clOrdId="a1")
    on_spot = okx.order(PAIR, ordType="limit", px=okx.near("0.9", PAIR), sz="0.01", clOrdId="a2")
    kinds = {row["ordId"]: row["instType"] for row in okx.get("/trade/orders-pending", instId=PAIR)}
    assert kinds == {on_margin: "MARGIN", on_spot: "SPOT"}
    assert [row["ordId"] for row in okx.get("/trade/orders-pending", instType="MARGIN")] == [on_margin]
    seen = okx.get("/trade/order", instId=PAIR, clOrdId="a1")[0]
    assert (seen["ordId"], seen["ccy"], seen["lever"], seen["tdMode"]) == (on_margin, "USDT", "10", "isolated")
    okx.post("/trade/amend-order", {"instId": PAIR, "ordId": on_margin, "newSz": "0.02"})
    assert okx.seen(on_margin, PAIR)["sz"] == "0.02"
    okx.post("/trade/cancel-order", {"instId": PAIR, "clOrdId": "a1"})
    assert okx.seen(on_margin, PAIR)["state"] == "canceled"
    assert okx.refused("/trade/cancel-order", instId="ETH-USDT", ordId=on_spot) == "51400"


def test_interest_is_accrued_every_hour_and_billed(okx: Okx):
    lent(okx, sz="10000", tdMode="cross")
    lent(okx, side="sell", sz="0.5", instId="ETH-USDT")
    okx.clock.now += 3 * HOUR_MS
    rows = okx.get("/account/interest-accrued")
    assert len(rows) == 6
    (rate,) = okx.get("/account/interest-rate", ccy="USDT")
    mine = okx.get("/account/interest-accrued", instId=PAIR, mgnMode="cross")
    assert [row["ccy"] for row in mine] == ["USDT"] * 3
    assert [row["interestRate"] for row in mine] == [rate["interestRate"]] * 3
    assert all(abs(D(row["interest"]) - D(row["liab"]) * D(rate["interestRate"])) <= D("1e-8") for row in mine)
    other = okx.get("/account/interest-accrued", ccy="ETH")
    assert {row["liab"] for row in other} == {"0.5"}
    assert okx.get("/account/interest-accrued", after=rows[1]["ts"], before=rows[-1]["ts"])[0] in rows
    bills = okx.get("/account/bills", type="7")
    assert {(row["instType"], row["ccy"]) for row in bills} == {("MARGIN", "USDT")}
    charged = sum((D(row["interest"]) for row in bills if row["instId"] == PAIR), D(0))
    assert charged == sum((D(row["interest"]) for row in mine), D(0)) > 0


def test_what_can_be_borrowed_follows_the_leverage_and_the_tiers(okx: Okx):
    tiers = okx.get("/public/position-tiers", instType="MARGIN", tdMode="cross", instId=PAIR)
    assert [(row["tier"], row["maxLever"], row["mmr"]) for row in tiers] == [
        ("1", "10", "0.03"), ("2", "5", "0.06"), ("3", "3", "0.1"),
    ]  # fmt: skip
    okx.post("/account/set-leverage", {"instId": PAIR, "lever": "2", "mgnMode": "cross"})
    buy, sell = okx.get("/account/max-loan", instId=PAIR, mgnMode="cross", mgnCcy="USDT")
    assert (buy["ccy"], buy["side"], D(buy["maxLoan"])) == ("USDT", "buy", D(200_000))
    assert (sell["ccy"], sell["side"]) == ("BTC", "sell")
    assert abs(D(sell["maxLoan"]) * okx.price(PAIR) / 200_000 - 1) < D("0.001")
    lent(okx, sz="199000", tdMode="cross")
    assert D(okx.get("/account/max-loan", instId=PAIR, mgnMode="cross")[0]["maxLoan"]) < 1500
    assert okx.refused(
        "/trade/order", instId=PAIR, tdMode="cross", ccy="USDT", side="buy", ordType="market", sz="2000"
    ) == "51008"  # fmt: skip
    assert okx.refused("/account/set-leverage", instId=PAIR, lever="11", mgnMode="cross") == "59102"


def test_instruments_and_marks_of_margin(okx: Okx):
    rows = okx.get("/public/instruments", instType="MARGIN")
    assert {(row["instId"], row["lever"]) for row in rows} == {
        (PAIR, "10"), ("ETH-USDT", "10"), ("DOGE-USDT", "5"),
    }  # fmt: skip
    assert {row["instType"] for row in rows} == {"MARGIN"}
    (mark,) = okx.get("/public/mark-price", instType="MARGIN", instId=PAIR)
    assert D(mark["markPx"]) == okx.price(PAIR)


def test_margin_moves_between_positions_and_a_position_is_closed_whole(okx: Okx):
    lent(okx, side="sell", sz="0.02")
    before = D(okx.get("/account/positions")[0]["margin"])
    okx.post("/account/position/margin-balance", {"instId": PAIR, "posSide": "net", "type": "add", "amt": "7"})
    assert D(okx.get("/account/positions")[0]["margin"]) == before + 7
    assert okx.get("/account/bills", type="6")[0]["instType"] == "MARGIN"
    assert okx.refused("/trade/close-position", instId=PAIR, mgnMode="cross") == "51023"
    okx.post("/trade/close-position", {"instId": PAIR, "mgnMode": "isolated"})
    assert okx.get("/account/positions") == []


def test_margin_and_swaps_stand_side_by_side_and_hedge_mode_is_the_swaps(okx: Okx):
    lent(okx, sz="500")
    okx.post("/account/set-position-mode", {"posMode": "long_short_mode"})
    okx.order(posSide="long")
    lent(okx, sz="500")
    assert {row["instId"]: row["posSide"] for row in okx.get("/account/positions")} == {PAIR: "net", SWAP: "long"}
    (row,) = okx.get("/account/leverage-info", instId=PAIR, mgnMode="isolated")
    assert row["posSide"] == "net"


def test_a_protection_reduces_what_is_there_and_no_more(okx: Okx):
    lent(okx, sz="1000")
    (held,) = okx.get("/account/positions")
    made = okx.post("/trade/order-algo", {
        "instId": PAIR, "tdMode": "isolated", "ccy": "USDT", "side": "sell", "ordType": "oco", "sz": held["pos"],
        "reduceOnly": True, "slTriggerPx": okx.near("0.9", PAIR), "slOrdPx": "-1", "tpTriggerPx": okx.near("1.1", PAIR),
        "tpOrdPx": "-1",
    })  # fmt: skip
    (row,) = okx.get("/trade/orders-algo-pending", ordType="oco", instType="MARGIN", instId=PAIR)
    assert (row["algoId"], row["reduceOnly"], row["ccy"]) == (made["algoId"], "true", "USDT")
    assert okx.get("/trade/orders-algo-pending", ordType="oco", instType="SPOT") == []
