"""The OKX face: keys and signatures, envelopes, codes, and the same forms as the documentation's answers."""

import json
from decimal import Decimal
from typing import Any

import pytest

from blave_mcp.exchanges.okx.endpoints import OKX
from blave_mcp.exchanges.paper.okx.routes import ROUTES
from blave_mcp.exchanges.wire import HttpRequest
from tests.exchanges.okx.examples import payload
from tests.exchanges.paper.okx_client import SWAP, Okx, stamp

D = Decimal
SPOT = "BTC-USDT"


@pytest.fixture
def okx() -> Okx:
    return Okx()


# Keys and signatures.


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ok_access_key": ""}, "50103"),
        ({"ok_access_passphrase": ""}, "50104"),
        ({"ok_access_sign": ""}, "50106"),
        ({"ok_access_timestamp": ""}, "50107"),
        ({"ok_access_key": "other"}, "50119"),
        ({"ok_access_passphrase": "other"}, "50105"),
        ({"ok_access_timestamp": "yesterday"}, "50112"),
        ({"at": "2025-02-30T00:00:00.000Z"}, "50112"),
        ({"at": stamp(1_760_000_000_000 - 30_001)}, "50102"),
        ({"at": stamp(1_760_000_000_000 + 30_001)}, "50102"),
        ({"secret": "other"}, "50113"),
        ({"ok_access_sign": "bm8="}, "50113"),
    ],
)
def test_a_request_that_is_not_the_key_s_own_is_turned_away(okx: Okx, changes: dict[str, str], code: str):
    reply = okx.send("GET", "/account/balance", {"ccy": "USDT"}, **changes)
    assert reply.status == 401
    assert json.loads(reply.body)["code"] == code


def test_within_thirty_seconds_a_timestamp_is_taken(okx: Okx):
    for away in (-30_000, 0, 30_000):
        assert okx.answer("GET", "/account/balance", at=stamp(okx.clock.now + away))["code"] == "0"


def test_the_body_is_signed_as_it_is(okx: Okx):
    body = '{"posMode": "net_mode"}'
    headers = okx.headers("POST", "/api/v5/account/set-position-mode", body)
    url = "https://www.okx.com/api/v5/account/set-position-mode"
    assert json.loads(okx.face.answer(HttpRequest("POST", url, headers, body.encode())).body)["code"] == "0"
    other = body.replace(" ", "").encode()
    assert json.loads(okx.face.answer(HttpRequest("POST", url, headers, other)).body)["code"] == "50113"


def test_without_a_user_agent_the_edge_answers(okx: Okx):
    reply = okx.face.answer(HttpRequest("GET", "https://www.okx.com/api/v5/public/time"))
    assert (reply.status, b"1010" in reply.body) == (403, True)


def test_public_data_wants_no_key(okx: Okx):
    url = "https://www.okx.com/api/v5/public/time"
    reply = okx.face.answer(HttpRequest("GET", url, {"User-Agent": "x"}))
    assert json.loads(reply.body) == {"code": "0", "data": [{"ts": str(okx.clock.now)}], "msg": ""}


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [({"content_type": "text/plain"}, {}, "50006"), ({}, "[1]", "50002"), ({}, "{", "50002"), ({}, "", "50000")],
)
def test_a_body_that_is_none_is_told(okx: Okx, headers: dict[str, str], body: Any, code: str):
    text = body if isinstance(body, str) else json.dumps(body)
    signed = okx.headers("POST", "/api/v5/trade/order", text, **headers)
    if headers:
        signed["Content-Type"] = "text/plain"
        signed.pop("CONTENT-TYPE", None)
    reply = okx.face.answer(HttpRequest("POST", "https://www.okx.com/api/v5/trade/order", signed, text.encode()))
    assert json.loads(reply.body)["code"] == code


# Routes.

HAVE = {(route.method, route.path) for route in ROUTES}


def test_every_route_is_in_the_catalogue():
    assert {(endpoint.method, endpoint.path) for endpoint in OKX} >= HAVE


@pytest.mark.parametrize(
    "endpoint", [e for e in OKX if (e.method, e.path) not in HAVE], ids=lambda endpoint: endpoint.id
)
def test_any_other_route_answers_that_paper_trading_has_none(okx: Okx, endpoint: Any):
    told = okx.answer(endpoint.method, endpoint.path.removeprefix("/api/v5"), {})
    assert (told["code"], told["data"]) == ("50038", [])
    assert "paper trading has no" in told["msg"]


# Forms. What is left out is deprecated, or belongs to account modes and products that paper trading has not.
LEFT_OUT = {
    "balance": {"delta", "deltaLever", "deltaNeutralStatus", "notionalUsdForBorrow", "notionalUsdForFutures",
                "notionalUsdForOption", "notionalUsdForSwap", "mmr", "availEq"},
    "details": {"autoLendStatus", "autoLendMtAmt", "borrowFroz", "colRes", "collateralEnabled", "collateralRestrict",
                "colBorrAutoConversion", "smtSyncEq", "spotCopyTradingEq", "frpType", "clSpotInUseAmt", "maxSpotInUse",
                "spotIsoBal", "spotBal", "openAvgPx", "accAvgPx", "spotUpl", "spotUplRatio", "totalPnl",
                "totalPnlRatio"},
    "positions": {"baseBal", "baseBorrowed", "baseInterest", "bizRefId", "bizRefType", "clSpotInUseAmt", "deltaBS",
                  "deltaPA", "gammaBS", "gammaPA", "hedgedPos", "maxSpotInUseAmt", "quoteBal", "quoteBorrowed",
                  "quoteInterest", "thetaBS", "thetaPA", "vegaBS", "vegaPA", "nonSettleAvgPx"},
}  # fmt: skip


def asked(okx: Okx) -> dict[str, Any]:
    """One row of every answer that has a documented counterpart."""
    spot = okx.order(SPOT, sz="500")
    swap = okx.order(sz="2")
    stop = okx.post("/trade/order-algo", {"instId": SWAP, "tdMode": "cross", "side": "sell", "ordType": "conditional",
                                          "sz": "1", "slTriggerPx": okx.near("0.9"), "slOrdPx": "-1"})  # fmt: skip
    placed = okx.post("/trade/order", {"instId": SPOT, "tdMode": "cash", "side": "buy", "ordType": "limit",
                                       "px": okx.near("0.9", SPOT), "sz": "0.01"})  # fmt: skip
    moved = okx.post("/asset/transfer", {"ccy": "USDT", "amt": "5", "from": "6", "to": "18", "clientId": "m1"})
    return {
        "instruments_spot": okx.get("/public/instruments", instType="SPOT")[0],
        "ticker": okx.get("/market/ticker", instId=SWAP)[0],
        "books": okx.get("/market/books", instId=SPOT, sz=2)[0],
        "trades": okx.get("/market/trades", instId=SPOT)[0],
        "funding_rate": okx.get("/public/funding-rate", instId=SWAP)[0],
        "funding_history": okx.get("/public/funding-rate-history", instId=SWAP)[0],
        "open_interest": okx.get("/public/open-interest", instType="SWAP")[0],
        "mark_price": okx.get("/public/mark-price", instType="SWAP")[0],
        "position_tiers": okx.get("/public/position-tiers", instType="SWAP", tdMode="cross", instFamily=SPOT)[0],
        "balance": okx.get("/account/balance")[0],
        "details": okx.get("/account/balance")[0]["details"][0],
        "funding_balance": okx.get("/asset/balances")[0],
        "positions": okx.get("/account/positions")[0],
        "account_config": okx.get("/account/config")[0],
        "leverage_info": okx.get("/account/leverage-info", instId=SWAP, mgnMode="cross")[0],
        "trade_fee": okx.get("/account/trade-fee", instType="SPOT", instId=SPOT)[0],
        "order": okx.seen(spot, SPOT),
        "fills": okx.get("/trade/fills", instType="SWAP", ordId=swap)[0],
        "algo_order": okx.get("/trade/order-algo", algoId=stop["algoId"])[0],
        "order_placed": placed,
        "order_canceled": okx.post("/trade/cancel-order", {"instId": SPOT, "ordId": placed["ordId"]}),
        "algo_placed": stop,
        "position_mode": {"posMode": "net_mode"},
        "transfer": moved,
        "transfer_state": okx.get("/asset/transfer-state", clientId="m1")[0],
    }


def test_answers_have_the_documented_fields_and_every_value_its_type(okx: Okx):
    for name, row in asked(okx).items():
        documented = payload("balance")[0]["details"][0] if name == "details" else payload(name)[0]
        missing = documented.keys() - row.keys() - LEFT_OUT.get(name, set())
        assert missing == set(), name
        for field, value in row.items():
            if field in documented and documented[field] is not None and value is not None:
                assert type(value) is type(documented[field]), (name, field)


def test_candles_are_nine_texts_newest_first(okx: Okx):
    rows = okx.get("/market/candles", instId=SPOT, bar="1H", limit=3)
    assert [len(row) for row in rows] == [9, 9, 9]
    assert all(isinstance(value, str) for row in rows for value in row)
    assert [row[8] for row in rows] == ["0", "1", "1"]
    assert int(rows[0][0]) > int(rows[1][0])
    done = okx.get("/market/history-candles", instId=SPOT, bar="1H", limit=3)
    assert done[0] == rows[1]
    between = okx.get("/market/candles", instId=SPOT, bar="1H", after=rows[0][0], before=rows[2][0])
    assert between == [rows[1]]


def test_sizes_of_swaps_are_contracts(okx: Okx):
    (one,) = okx.get("/public/instruments", instType="SWAP", instId=SWAP)
    assert (one["ctVal"], one["ctType"], one["lotSz"], one["settleCcy"]) == ("0.01", "linear", "0.1", "USDT")
    order = okx.order(sz="5")
    assert okx.seen(order)["accFillSz"] == "5"
    (held,) = okx.get("/account/positions")
    assert held["pos"] == "5"
    assert abs(D(held["notionalUsd"]) / (D("0.05") * D(held["markPx"])) - 1) < D("0.001")
    assert okx.get("/public/instruments", instType="FUTURES") == []


# Orders.


def test_what_an_order_is_refused_for_stands_in_its_element(okx: Okx):
    base = {"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": okx.near("0.9")}
    for changes, code in (
        ({"instId": "NO-USDT-SWAP"}, "51001"),
        ({"sz": "0.15"}, "51121"),
        ({"sz": "200000"}, "51101"),
        ({"sz": "3000"}, "51008"),
        ({"px": okx.near("1.5")}, "51006"),
        ({"px": ""}, "51000"),
        ({"tdMode": "cash"}, "51000"),
        ({"tdMode": ""}, "50014"),
        ({"posSide": "long"}, "51000"),
        ({"clOrdId": "a-b"}, "51000"),
        ({"tag": "x" * 17}, "51000"),
        ({"side": "sell", "ordType": "market", "px": "", "reduceOnly": True}, "51169"),
        ({"instId": SPOT, "tdMode": "cross"}, "51000"),
        ({"instId": SPOT, "tdMode": "cross", "ccy": "BTC"}, "50038"),
        ({"instId": SPOT, "tdMode": "spot_isolated"}, "50038"),
    ):
        assert okx.refused("/trade/order", **{**base, **changes}) == code, changes


def test_a_spot_market_buy_is_sized_in_quote_unless_it_says_base(okx: Okx):
    quote = okx.seen(okx.order(SPOT, sz="500"), SPOT)
    assert (quote["sz"], quote["tgtCcy"], quote["state"], quote["feeCcy"]) == ("500", "quote_ccy", "filled", "BTC")
    assert D(quote["accFillSz"]) * D(quote["avgPx"]) <= 500
    base = okx.seen(okx.order(SPOT, sz="0.01", tgtCcy="base_ccy"), SPOT)
    assert (base["sz"], base["accFillSz"]) == ("0.01", "0.01")


def test_a_post_only_order_that_would_take_is_accepted_and_canceled(okx: Okx):
    order = okx.order(ordType="post_only", px=okx.near("1.02"))
    assert okx.seen(order)["state"] == "canceled"


def test_an_order_cancels_the_account_s_own_in_its_way(okx: Okx):
    ask = okx.get("/market/books", instId=SPOT, sz=1)[0]["asks"][0][0]
    mine = okx.order(SPOT, side="sell", ordType="limit", px=ask, sz="0.01")
    assert okx.seen(mine, SPOT)["state"] == "live"
    okx.order(SPOT, sz="500")
    gone = okx.seen(mine, SPOT)
    assert (gone["state"], gone["stpMode"], gone["cancelSource"]) == ("canceled", "cancel_maker", "0")
    taker = {"instId": SPOT, "tdMode": "cash", "side": "buy", "ordType": "market", "sz": "500"}
    assert okx.refused("/trade/order", **taker, stpMode="cancel_both") == "50038"


def test_an_order_is_found_changed_and_canceled_by_its_client_id(okx: Okx):
    okx.order(ordType="limit", px=okx.near("0.9"), clOrdId="mine1", tag="96ee7de3fd4bBCDE")
    (found,) = okx.get("/trade/order", instId=SWAP, clOrdId="mine1")
    assert (found["state"], found["tag"], found["tdMode"], found["ordType"]) == (
        "live", "96ee7de3fd4bBCDE", "cross", "limit",
    )  # fmt: skip
    assert okx.refused("/trade/order", instId=SWAP, tdMode="cross", side="buy", ordType="limit", sz="1",
                       px=okx.near("0.9"), clOrdId="mine1") == "51016"  # fmt: skip
    okx.post("/trade/amend-order", {"instId": SWAP, "clOrdId": "mine1", "newSz": "2", "reqId": "r1"})
    assert [row["sz"] for row in okx.get("/trade/orders-pending", instType="SWAP")] == ["2"]
    assert okx.get("/trade/orders-pending", instType="SPOT") == []
    okx.post("/trade/cancel-order", {"instId": SWAP, "clOrdId": "mine1"})
    assert okx.refused("/trade/cancel-order", instId=SWAP, clOrdId="mine1") == "51400"
    assert okx.refused("/trade/amend-order", instId=SWAP, clOrdId="mine1", newSz="3") == "51509"
    assert [row["clOrdId"] for row in okx.get("/trade/orders-history", instType="SWAP")] == ["mine1"]
    assert okx.get("/trade/orders-history-archive", instType="SWAP") == [], "it had no fill"
    assert okx.answer("GET", "/trade/order", {"instId": SWAP, "clOrdId": "nobody"})["code"] == "51603"


def test_a_batch_tells_each_order_s_own_result(okx: Okx):
    good = {"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": okx.near("0.9")}
    told = okx.answer("POST", "/trade/batch-orders", [good, {**good, "sz": "0.15"}])
    assert (told["code"], [row["sCode"] for row in told["data"]]) == ("2", ["0", "51121"])
    told = okx.answer("POST", "/trade/batch-orders", [{**good, "sz": "0.15"}])
    assert (told["code"], told["msg"]) == ("1", "All operations failed")
    assert okx.answer("POST", "/trade/batch-orders", [good] * 21)["code"] == "51111"
    ids = [{"instId": SWAP, "ordId": row["ordId"]} for row in okx.get("/trade/orders-pending")]
    amended = okx.answer("POST", "/trade/amend-batch-orders", [{**ids[0], "newSz": "2"}])
    assert amended["code"] == "0"
    assert okx.answer("POST", "/trade/cancel-batch-orders", ids)["code"] == "0"
    assert okx.get("/trade/orders-pending") == []


def test_closing_a_position_wants_its_orders_gone(okx: Okx):
    okx.order(sz="2")
    okx.order(side="sell", ordType="limit", px=okx.near("1.02"), sz="1", reduceOnly=True)
    assert okx.refused("/trade/close-position", instId=SWAP, mgnMode="isolated") == "51023"
    assert okx.refused("/trade/close-position", instId=SWAP, mgnMode="cross") == "51115"
    done = okx.post("/trade/close-position", {"instId": SWAP, "mgnMode": "cross", "autoCxl": True})
    assert done == {"instId": SWAP, "posSide": "net", "clOrdId": "", "tag": ""}
    assert okx.get("/account/positions") == []


# Algo orders.


def algo(okx: Okx, **changes: Any) -> dict[str, Any]:
    base = {"instId": SWAP, "tdMode": "cross", "side": "sell", "ordType": "conditional", "sz": "1"}
    return {**base, **changes}


def test_a_stop_that_is_triggered_becomes_an_order(okx: Okx):
    okx.order(sz="1")
    stop = okx.post("/trade/order-algo", algo(
        okx, slTriggerPx=okx.near("0.999"), slOrdPx="-1", reduceOnly=True, algoClOrdId="guard1"))  # fmt: skip
    (waiting,) = okx.get("/trade/orders-algo-pending", ordType="conditional,oco")
    assert (waiting["algoId"], waiting["state"], waiting["slOrdPx"]) == (stop["algoId"], "live", "-1")
    now = waiting
    for _ in range(400):
        if now["state"] != "live":
            break
        okx.clock.wait(600)
        (now,) = okx.get("/trade/order-algo", algoClOrdId="guard1")
    assert (now["state"], now["actualSide"]) == ("effective", "sl")
    order = okx.seen(now["ordId"])
    assert (order["algoClOrdId"], order["clOrdId"], order["state"], order["source"]) == ("guard1", "", "filled", "7")
    assert okx.get("/account/positions") == []
    assert [row["algoId"] for row in okx.get("/trade/orders-algo-history", ordType="conditional", state="effective")]


def test_an_oco_is_one_algo_order_and_is_canceled_whole(okx: Okx):
    okx.order(sz="1")
    whole = algo(okx, ordType="oco", sz="", closeFraction="1", reduceOnly=True, slTriggerPx=okx.near("0.9"),
                 slOrdPx="-1", tpTriggerPx=okx.near("1.1"), tpOrdPx="-1")  # fmt: skip
    placed = okx.post("/trade/order-algo", whole)
    (row,) = okx.get("/trade/orders-algo-pending", ordType="oco")
    assert (row["closeFraction"], row["tpTriggerPx"], row["slTriggerPx"], row["sz"]) == (
        "1", okx.near("1.1"), okx.near("0.9"), "",
    )  # fmt: skip
    assert okx.refused("/trade/order-algo", **whole) == "51333"
    assert okx.refused("/trade/amend-algos", instId=SWAP, algoId=placed["algoId"], newSz="2") == "51506"
    okx.post("/trade/cancel-algos", [{"instId": SWAP, "algoId": placed["algoId"]}])
    assert okx.get("/trade/orders-algo-pending", ordType="oco") == []
    told = okx.answer("POST", "/trade/cancel-algos", [{"instId": SWAP, "algoId": placed["algoId"]}])
    assert told["data"][0]["sCode"] == "51400"
    assert okx.get("/trade/orders-algo-history", ordType="oco", state="canceled")[0]["algoId"] == placed["algoId"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"slTriggerPx": "1.1", "slOrdPx": "-1"}, "51280"),
        ({"tpTriggerPx": "0.9", "tpOrdPx": "-1"}, "51279"),
        ({"side": "buy", "slTriggerPx": "0.9", "slOrdPx": "-1"}, "51278"),
        ({"side": "buy", "tpTriggerPx": "1.1", "tpOrdPx": "-1"}, "51277"),
        ({"slTriggerPx": "0.9", "slOrdPx": "0"}, "51000"),
        ({"sz": "", "slTriggerPx": "0.9", "slOrdPx": "-1"}, "50015"),
        ({"sz": "", "closeFraction": "1", "slTriggerPx": "0.9", "slOrdPx": "-1"}, "51328"),
        ({"ordType": "twap"}, "50038"),
        ({"ordType": "move_order_stop", "callbackRatio": "0.9"}, "51257"),
    ],
)
def test_algo_orders_are_refused_as_okx_refuses_them(okx: Okx, changes: dict[str, str], code: str):
    scaled = {k: okx.near(v) if k.endswith("TriggerPx") else v for k, v in changes.items()}
    assert okx.refused("/trade/order-algo", **algo(okx, **scaled)) == code


def test_a_trigger_order_is_amended(okx: Okx):
    placed = okx.post("/trade/order-algo", algo(
        okx, ordType="trigger", side="buy", triggerPx=okx.near("1.1"), orderPx="-1"))  # fmt: skip
    okx.post("/trade/amend-algos", {"instId": SWAP, "algoId": placed["algoId"], "newTriggerPx": okx.near("1.2"),
                                    "newSz": "2"})  # fmt: skip
    (row,) = okx.get("/trade/orders-algo-pending", ordType="trigger")
    assert (row["triggerPx"], row["sz"], row["ordPx"]) == (okx.near("1.2"), "2", "-1")


# Settings and money.


def test_each_margin_mode_has_its_own_leverage_and_an_instrument_one_mode_at_a_time(okx: Okx):
    okx.post("/account/set-leverage", {"instId": SWAP, "lever": "3", "mgnMode": "isolated"})
    assert okx.get("/account/leverage-info", instId=SWAP, mgnMode="isolated")[0]["lever"] == "3"
    assert okx.get("/account/leverage-info", instId=SWAP, mgnMode="cross")[0]["lever"] == "10"
    okx.order(tdMode="isolated")
    (held,) = okx.get("/account/positions", instType="SWAP")
    assert (held["mgnMode"], held["lever"], held["imr"]) == ("isolated", "3", "")
    assert okx.get("/account/leverage-info", instId=SWAP, mgnMode="cross")[0]["lever"] == "10"
    assert okx.refused("/trade/order", instId=SWAP, tdMode="cross", side="buy", ordType="market", sz="1") == "50038"
    assert okx.refused("/account/set-leverage", instId=SWAP, lever="999", mgnMode="cross") == "59102"
    assert okx.refused("/account/set-position-mode", posMode="long_short_mode") == "59000"
    before = D(held["margin"])
    okx.post("/account/position/margin-balance", {"instId": SWAP, "posSide": "net", "type": "add", "amt": "7"})
    assert D(okx.get("/account/positions")[0]["margin"]) == before + 7
    assert [row["balChg"] for row in okx.get("/account/bills", type="6")] == ["-7"]


def test_in_long_short_mode_every_order_names_its_side(okx: Okx):
    okx.post("/account/set-position-mode", {"posMode": "long_short_mode"})
    assert okx.refused("/trade/order", instId=SWAP, tdMode="cross", side="buy", ordType="market", sz="1") == "51000"
    okx.order(posSide="long")
    okx.order(side="sell", posSide="short", sz="2")
    assert {row["posSide"]: row["pos"] for row in okx.get("/account/positions")} == {"long": "1", "short": "2"}
    assert [row["posSide"] for row in okx.get("/account/leverage-info", instId=SWAP, mgnMode="cross")] == [
        "long", "short",
    ]  # fmt: skip
    assert okx.refused("/account/set-leverage", instId="ETH-USDT-SWAP", lever="3", mgnMode="isolated") == "51000"


def test_money_moves_between_the_two_accounts(okx: Okx):
    assert okx.refused("/asset/transfer", ccy="USDT", amt="10001", **{"from": "6", "to": "18"}) == "58350"
    assert okx.refused("/asset/transfer", ccy="USDT", amt="1", **{"from": "6", "to": "6"}) == "58123"
    assert okx.refused("/asset/transfer", ccy="USDT", amt="1", type="1", **{"from": "6", "to": "6"}) == "50038"
    done = okx.post("/asset/transfer", {"ccy": "USDT", "amt": "10000", "from": "6", "to": "18", "clientId": "m2"})
    assert okx.get("/asset/transfer-state", transId=done["transId"])[0]["state"] == "success"
    assert okx.get("/asset/balances") == []
    assert okx.get("/asset/transfer-state", clientId="nobody") == []
    usdt = next(row for row in okx.get("/account/balance")[0]["details"] if row["ccy"] == "USDT")
    assert usdt["cashBal"] == "110000"


def test_spot_and_swaps_share_the_trading_account(okx: Okx):
    okx.order(SPOT, sz="99000")
    usdt = next(row for row in okx.get("/account/balance", ccy="USDT")[0]["details"])
    assert D(usdt["availEq"]) <= 1001
    assert okx.refused("/trade/order", instId=SWAP, tdMode="cross", side="buy", ordType="market", sz="100") == "51008"


def test_the_account_is_there_again_in_another_process(okx: Okx):
    okx.order(sz="2")
    again = Okx(clock=okx.clock, store=okx.store)
    assert again.get("/account/positions") == okx.get("/account/positions")
