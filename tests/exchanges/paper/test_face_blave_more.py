"""Blave's face beyond prices: indicators over time, maps, traders, screeners, and the stream."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise
from typing import Any

import anyio
import pytest

from blave_mcp.exchanges.http import HttpTransport
from blave_mcp.exchanges.paper.blave.alerts import BUFFER, KEEPALIVE, KEEPALIVE_MS, AlertBoard, AlertStream
from blave_mcp.exchanges.paper.face import FaceTransport
from blave_mcp.exchanges.paper.market import DAY, HOUR
from blave_mcp.exchanges.wire import HttpReply, HttpRequest, NetworkFault
from blave_mcp.server.paper_http import listener, server_of
from tests.exchanges.paper.face_client import BLAVE, START, House
from tests.exchanges.paper.test_face_blave import PAIR, gapped, ok, send, some, status

SPAN = {"start_date": "2025-03-01", "end_date": "2025-03-10"}
ADDRESS = {"address": f"0x{'0' * 40}"}


def series_of(house: House, path: str, **params: Any) -> dict[str, Any]:
    data: dict[str, Any] = ok(house, path, **params)["data"]
    assert len(data["alpha"]) == len(data["timestamp"])
    return data


@pytest.mark.parametrize(
    ("path", "symbol", "stat"),
    [
        ("/holder_concentration/get_alpha", True, True),
        ("/taker_intensity/get_alpha", True, True),
        ("/whale_hunter/get_alpha", True, True),
        ("/market_sentiment/get_alpha", True, True),
        ("/liquidation/get_alpha", True, True),
        ("/capital_shortage/get_alpha", False, True),
        ("/market_direction/get_alpha", False, False),
        ("/blave_top_trader/get_exposure", False, False),
    ],
)
def test_an_indicator_over_time_has_one_reading_a_closed_bar(path: str, symbol: bool, stat: bool):
    house = House()
    more = {"symbol": "BTCUSDT"} if symbol else {}
    data = series_of(house, path, period="4h", **SPAN, **more)
    assert data["timestamp"] == list(range(1740787200, 1740787200 + 10 * 86400, 4 * 3600))
    assert len(set(data["alpha"])) > 40
    assert ("stat" in data) == stat
    assert all(-200 < value < 200 for value in data["alpha"])
    now = series_of(house, path, period="1h", **more)
    assert (now["timestamp"][-1] + 3600) * 1000 <= START < (now["timestamp"][-1] + 7200) * 1000
    assert series_of(house, path, period="1h", start_date="2030-01-01", end_date="2030-01-05", **more)["alpha"] == []


def test_the_last_reading_is_the_table_s():
    house = House()
    row = ok(house, "/alpha_table")["data"]["BTCUSDT"]
    for name in ("holder_concentration", "market_sentiment"):
        assert series_of(house, f"/{name}/get_alpha", symbol="BTCUSDT", period="1h")["alpha"][-1] == row[name]["-"]
    for variant in ("1h", "24h", "3d"):
        found = series_of(house, "/taker_intensity/get_alpha", symbol="BTCUSDT", period="1h", timeframe=variant)
        assert found["alpha"][-1] == row["taker_intensity"][variant]
    for kind in ("score_oi", "score_volume"):
        found = series_of(house, "/whale_hunter/get_alpha", symbol="BTCUSDT", period="1h", score_type=kind)
        assert found["alpha"][-1] == row["whale_hunter"][f"24h-{kind}"]
    squeeze = series_of(house, "/squeeze_momentum/get_alpha", symbol="BTCUSDT")
    assert squeeze["alpha"][-1] == row["squeeze_momentum"]["-"]
    assert {*squeeze["scolor"]} <= {"black", "grey"}
    assert all(b - a == 86400 for a, b in pairwise(squeeze["timestamp"]))


def test_a_reading_does_not_change_when_time_goes_on_or_the_range_is_another():
    house = House()
    one = series_of(house, "/holder_concentration/get_alpha", symbol="ETHUSDT", period="1h", **SPAN)
    house.clock.wait(3 * 86_400)
    wider = {"start_date": "2025-02-20", "end_date": "2025-03-20"}
    two = series_of(house, "/holder_concentration/get_alpha", symbol="ETHUSDT", period="1h", **wider)
    later = dict(zip(two["timestamp"], two["alpha"], strict=True))
    assert [later[at] for at in one["timestamp"]] == one["alpha"]


def test_what_the_table_lacks_the_history_lacks_too():
    gaps = gapped()
    house = some(*(each.symbol for each in gaps.values()))
    lacking = gaps["indicator"].symbol
    assert lacking not in ok(house, "/holder_concentration/get_symbols")["data"]
    assert lacking in ok(house, "/taker_intensity/get_symbols")["data"]
    assert set(series_of(house, "/holder_concentration/get_alpha", symbol=lacking, period="1d")["alpha"]) == {""}
    young = series_of(house, "/taker_intensity/get_alpha", symbol=gaps["young"].symbol, period="1d")
    assert young["stat"]["is_data_sufficient"] is False


@pytest.mark.parametrize(
    ("path", "params", "answer"),
    [
        ("/holder_concentration/get_alpha", {"period": "1h"}, 400),
        ("/holder_concentration/get_alpha", {"symbol": "BTCUSDT"}, 400),
        ("/holder_concentration/get_alpha", {"symbol": "NOPEUSDT", "period": "1h"}, 404),
        ("/taker_intensity/get_alpha", {"symbol": "BTCUSDT", "period": "1h", "timeframe": "2h"}, 400),
        ("/whale_hunter/get_alpha", {"symbol": "BTCUSDT", "period": "1h", "score_type": "x"}, 400),
        ("/squeeze_momentum/get_alpha", {"symbol": "BTCUSDT", "period": "1h"}, 400),
        ("/market_direction/get_alpha", {"symbol": "BTCUSDT", "period": "1h"}, 400),
        ("/liquidation/get_map", {"symbol": "BTCUSDT", "price_min": "x"}, 400),
        ("/liquidation/get_map", {"symbol": "BTCUSDT", "price_min": "9", "price_max": "3"}, 400),
        ("/screener/get_saved_condition_result", {}, 400),
        ("/screener/get_saved_condition_result", {"condition_id": "x"}, 400),
        ("/screener/get_saved_condition_result", {"condition_id": "99"}, 404),
        ("/hyperliquid/leaderboard", {"sort_by": "day"}, 400),
        ("/hyperliquid/trader_position", {}, 400),
        ("/hyperliquid/trader_position", {"address": "0x1"}, 400),
        ("/hyperliquid/trader_history", ADDRESS, 404),
    ],
)
def test_a_request_that_cannot_be_answered_says_so_by_status(path: str, params: dict[str, str], answer: int):
    assert status(House(), path, **params) == answer


def test_the_map_sums_up_from_the_lowest_price_and_keeps_to_its_range():
    house = House()
    data = ok(house, "/liquidation/get_map", symbol="BTCUSDT")["data"]
    price, sides = data["price"], data["liquidation"]["24h"]
    assert len(data["labels"]) == len(data["cumsum"]) == len(data["oi_value"]) == 200
    assert data["labels"] == sorted(data["labels"])
    assert data["cumsum"] == sorted(data["cumsum"])
    assert data["cumsum"][-1] == pytest.approx(sum(sides["buy_liq"]) + sum(sides["sell_liq"]), abs=Decimal(4))
    assert data["cumsum"][-1] > 0
    step = data["labels"][1] - data["labels"][0]
    for label, long, brief in zip(data["labels"], sides["buy_liq"], sides["sell_liq"], strict=True):
        assert long == 0 or label < price
        assert brief == 0 or label + step > price
    zoom = ok(house, "/liquidation/get_map", symbol="BTCUSDT", price_min="60000", price_max="61000")["data"]
    assert 60000 <= zoom["labels"][0] < zoom["labels"][-1] < 61000
    change = ok(house, "/liquidation/get_map_change", symbol="BTCUSDT")["data"]
    assert change.keys() == {"labels", "price", "hist_0_1h", "hist_1_8h", "hist_8_24h"}
    assert sum(change["hist_8_24h"]) + sum(change["hist_1_8h"]) > 0


def test_sectors_begin_at_nothing_and_share_their_times():
    data = ok(House(), "/sector_rotation/get_history_data")["data"]
    assert len(data["timestamp"]) == 366
    for sector in data["alpha"].values():
        assert sector["data"][0] == 0
        assert len(sector["data"]) == 366
        assert sector["name_zh"]


def test_a_saved_condition_holds_for_the_symbols_that_it_names():
    house = House()
    for id in ok(house, "/screener/get_saved_conditions")["data"]:
        symbols = ok(house, "/screener/get_saved_condition_result", condition_id=id)["data"]
        table = ok(house, "/alpha_table")["data"]
        if id == "2":
            strong = [s for s, row in table.items() if row["whale_hunter"]["24h-score_oi"] >= Decimal("0.5")]
            assert symbols == strong


def test_a_trader_s_positions_orders_fills_and_performance_agree():
    house = House()
    board = ok(house, "/hyperliquid/leaderboard", sort_by="allTime")
    assert len(board) == 100
    pnl = [Decimal(dict(row["windowPerformances"])["allTime"]["pnl"]) for row in board]
    assert pnl == sorted(pnl, reverse=True)
    assert pnl[0] > 0 > pnl[-1], "some gain, some lose"
    best = {"address": board[0]["ethAddress"]}
    chart = ok(house, "/hyperliquid/trader_performance", **best)["chart"]
    assert chart["timestamp"] == sorted(chart["timestamp"])
    assert len({b - a for a, b in pairwise(chart["timestamp"])}) > 50, "unevenly spaced"
    account = ok(house, "/hyperliquid/trader_position", **best)
    assert account["net_equity"] == board[0]["accountValue"]
    held = {each["position"]["coin"]: Decimal(each["position"]["szi"]) for each in account["perp"]["assetPositions"]}
    orders = ok(house, "/hyperliquid/trader_open_order", **best)
    assert {each["coin"]: each["side"] for each in orders} == {c: "A" if s > 0 else "B" for c, s in held.items()}
    fills = ok(house, "/hyperliquid/trader_history", **best)
    assert {each["dir"] for each in fills} <= {"Open Long", "Close Long", "Open Short", "Close Short"}
    assert all(each["closedPnl"] == "0.0" for each in fills if each["dir"].startswith("Open"))
    top = ok(house, "/hyperliquid/top_trader_position")
    assert all(Decimal(each["position"]) > 0 for each in top["long"])
    assert all(Decimal(each["position"]) < 0 for each in top["short"])
    curated = ok(house, "/hyperliquid/traders")
    assert {name["name"]["en"] for name in curated.values()} <= {row["displayName"] for row in board}
    exposure = ok(house, "/hyperliquid/top_trader_exposure_history", symbol="BTCUSDT", period="1d", **SPAN)["data"]
    assert len(exposure["alpha"]) == len(exposure["timestamp"]) == 10


def test_bucket_statistics_warm_up_first():
    house = House()
    first = send(house, "/hyperliquid/bucket_stats")
    assert (first.status, json.loads(first.body)) == (202, {"status": "warming_up"})
    house.clock.wait(4)
    found = ok(house, "/hyperliquid/bucket_stats")
    names = ["lt_100", "100_to_1k", "1k_to_10k", "10k_to_100k", "100k_to_1M", "gt_1M", "top_traders"]
    assert list(found) == names
    for of in found.values():
        assert of["stats"].keys() == {"count", "profit_ratio", "loss_ratio"}
        assert abs(of["long_exposure"] - of["short_exposure"] - of["net_exposure"]) <= Decimal("0.02")


# The stream.


def stream_request(**params: str) -> HttpRequest:
    query = "&".join(f"{name}={value}" for name, value in params.items())
    return HttpRequest("GET", f"https://api.blave.org/sse/tradingview/stream?{query}", PAIR)


def opened(house: House, **params: str) -> AlertStream:
    found = house.face(BLAVE).open_stream(stream_request(**params))
    assert isinstance(found, AlertStream), found
    return found


def ids(sent: bytes | None) -> list[str]:
    return [json.loads(line[6:])["id"] for line in (sent or b"").decode().splitlines() if line.startswith("data: ")]


def board_of(house: House) -> AlertBoard:
    found: AlertBoard = house.face(BLAVE).face.board  # type: ignore[attr-defined]
    return found


def test_a_stream_gives_what_is_new_or_what_came_after_an_id():
    house = House()
    board = board_of(house)
    old = [board.publish("mine", {"n": n}, START) for n in range(3)]
    assert old == [f"{START}-{n}" for n in range(3)]
    assert ids(opened(house, channel="mine", last_id=old[0]).poll(START)) == old[1:]
    new = opened(house, channel="mine")
    assert new.poll(START) == b""
    board.publish("other", {}, START)
    fresh = board.publish("mine", {"text": "多"}, START - 5)
    assert fresh == f"{START}-3", "ids never run backwards"
    assert ids(new.poll(START)) == [fresh]
    assert new.poll(START + KEEPALIVE_MS - 1) == b""
    assert new.poll(START + KEEPALIVE_MS) == KEEPALIVE


def test_the_buffer_holds_a_thousand():
    house = House()
    published = [board_of(house).publish("mine", {}, START + n) for n in range(BUFFER + 7)]
    assert ids(opened(house, channel="mine", last_id="0-0").poll(START)) == published[7:]


def test_the_demonstration_speaks_every_five_minutes():
    house = House()
    stream = opened(house, channel="demo")
    found = [each for n in range(1, 7) for each in ids(stream.poll(START + n * 150_000))]
    assert len(found) == 3
    assert all(int(each.partition("-")[0]) % 300_000 == 0 for each in found)
    later = opened(house, channel="demo", last_id=f"{START - HOUR}-0").poll(START) or b""
    assert len(ids(later)) == 12
    assert b"synthetic" in later
    assert len(ids(opened(house, channel="demo", last_id=f"{START - 30 * DAY}-0").poll(START))) == 50


def test_a_cut_ends_the_streams_that_are_open_and_no_later_one():
    house = House()
    stream = opened(house, channel="mine")
    house.face(BLAVE).face.cut()  # type: ignore[attr-defined]
    assert stream.poll(START) is None
    assert opened(house, channel="mine").poll(START) == b""


@pytest.mark.parametrize(
    ("params", "answer"), [({}, 400), ({"channel": "x", "last_id": "abc"}, 400), ({"channel": "x", "nope": "1"}, 400)]
)
def test_a_stream_that_cannot_be_opened_is_an_ordinary_answer(params: dict[str, str], answer: int):
    found = House().face(BLAVE).open_stream(stream_request(**params))
    assert isinstance(found, HttpReply)
    assert found.status == answer


async def test_over_http_the_stream_arrives_piece_by_piece_and_breaks_when_it_is_cut():
    house = House()
    face = FaceTransport(house.face(BLAVE).face, house.clock, pause=0.01)
    bound = listener()
    server = server_of(face)
    client = HttpTransport()
    url = f"http://127.0.0.1:{bound.getsockname()[1]}/sse/tradingview/stream?channel=mine"
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: server.serve(sockets=[bound]))
        async with client.stream(HttpRequest("GET", url, PAIR), timeout=5, silence=5) as reply:
            assert reply.status == 200
            assert reply.headers["content-type"].startswith("text/event-stream")
            for n in range(3):
                id = board_of(house).publish("mine", {"n": n}, START + n)
                assert ids(await anext(reply.chunks)) == [id]
            house.face(BLAVE).face.cut()  # type: ignore[attr-defined]
            with pytest.raises(StopAsyncIteration):
                await anext(reply.chunks)
        async with client.stream(HttpRequest("GET", url, {}), timeout=5, silence=5) as refused:
            assert refused.status == 401
        async with client.stream(HttpRequest("GET", url, PAIR), timeout=5, silence=0.2) as silent:
            with pytest.raises(NetworkFault, match="broke"):
                await anext(silent.chunks)
        with pytest.raises(NetworkFault):
            async with client.stream(HttpRequest("GET", "http://127.0.0.1:9/", PAIR), timeout=1, silence=1):
                raise AssertionError("nobody answers there")
        await client.aclose()
        server.should_exit = True
    bound.close()
