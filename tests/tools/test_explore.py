"""Every endpoint of every catalogue: found, described, read, proposed, and never sent."""

import json
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blave_mcp.exchanges.binance.endpoints import BINANCE
from blave_mcp.exchanges.blave.endpoints import BLAVE
from blave_mcp.exchanges.catalogue import Bucket, Catalogue
from blave_mcp.exchanges.endpoint import Endpoint
from blave_mcp.exchanges.errors import BadArgument, Halted, LimitExceeded, MissingCredentials, NeedsConfirmation
from blave_mcp.exchanges.params import decimal, json_value, one_of, text
from blave_mcp.server.store import Store
from blave_mcp.tools.desk import Desk, Limits
from blave_mcp.tools.proposing import TYPED, parts_of, within_limits
from blave_mcp.tools.raw import compact, example, fitted, pick, presentable, ranked, shown_args, shown_value
from blave_mcp.tools.registry import ALL_TOOLS
from tests.desks import ByHost, binance, blave, desk_of
from tests.fakes import FakeClock, FakeHalt, RecordingTransport, query
from tests.tools.conftest import Run, call

EVERY = (*BINANCE, *BLAVE)
WRITES = [e for e in EVERY if e.writes]
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}


def named(endpoint: Endpoint) -> str:
    return f"{endpoint.venue}-{endpoint.id}"


# Finding.


@pytest.mark.parametrize("endpoint", EVERY, ids=named)
def test_every_endpoint_is_found_by_its_path_and_by_its_id(endpoint: Endpoint):
    by_path = ranked(EVERY, endpoint.path)
    exact = [e for e in EVERY if e.path == endpoint.path]
    assert set(by_path[: len(exact)]) == set(exact)
    assert endpoint in ranked(EVERY, endpoint.id)[:5]
    assert pick(BINANCE if endpoint in BINANCE else BLAVE, endpoint.id) is endpoint


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("oco", "spot.list.oco"),
        ("set leverage", "futures.leverage.set"),
        ("leverage brackets", "futures.brackets.list"),
        ("cancel every conditional order", "futures.algo.cancel_all"),
        ("smart order routing", "spot.sor.create"),
        ("spot klines", "spot.candles.list"),
        ("maker and taker fees of futures", "futures.fees.get"),
    ],
)
def test_plain_words_find_what_is_meant(query: str, first: str):
    assert ranked(list(BINANCE), query)[0].id == first


async def test_the_answer_counts_what_it_does_not_show(run: Run):
    told = await run("find_endpoints", query="order", limit=3)
    assert len(told.data["endpoints"]["rows"]) == 3
    found = len(ranked(list(BINANCE), "order"))
    assert told.data["not_shown"] == found - 3
    assert f"{found} of {len(BINANCE)} endpoints" in told.text
    everything = await run("find_endpoints", limit=100)
    assert len(everything.data["endpoints"]["rows"]) + everything.data["not_shown"] == len(BINANCE)


async def test_a_search_can_be_held_to_one_effect_or_venue(clock: FakeClock, store: Store, house: ByHost):
    both = desk_of(clock, store, binance(house, clock), blave(RecordingTransport({}), clock))
    told = await call(both, "find_endpoints", query="price", effect="read", venue="blave")
    assert {row[0] for row in told.data["endpoints"]["rows"]} == {"blave"}
    writes = await call(both, "find_endpoints", effect="write", limit=100)
    assert {row[2] for row in writes.data["endpoints"]["rows"]} == {"write"}
    nothing = await call(both, "find_endpoints", query="zebra")
    assert "Try other words" in nothing.text


# Describing.


@pytest.mark.parametrize("endpoint", EVERY, ids=named)
def test_the_example_of_every_endpoint_is_one_that_it_takes(endpoint: Endpoint):
    args, complete = example(endpoint)
    assert complete
    assert endpoint.call(args).endpoint is endpoint


@pytest.mark.parametrize("endpoint", EVERY, ids=named)
async def test_every_endpoint_is_described_with_each_of_its_arguments(
    endpoint: Endpoint, clock: FakeClock, store: Store, house: ByHost
):
    both = desk_of(clock, store, binance(house, clock), blave(RecordingTransport({}), clock))
    told = await call(both, "describe_endpoint", venue=endpoint.venue, endpoint=endpoint.id)
    for param in endpoint.params:
        assert f"  {param.name}: " in told.text
        for inner in param.items:
            assert f"    {inner.name}: " in told.text
    assert endpoint.url in told.text
    way = "propose_endpoint" if endpoint.writes else "read_endpoint"
    assert f"with {way}" in told.text
    assert told.data["route"] == f"{endpoint.method} {endpoint.path}"
    assert len(told.text) < 12_000
    assert house.requests == []


async def test_a_rule_that_is_described_is_shown(clock: FakeClock, store: Store):
    desk = desk_of(clock, store, blave(RecordingTransport({}), clock))
    told = await call(desk, "describe_endpoint", venue="blave", endpoint="GET /kline")
    assert "Rule: A whole number above zero and one of the units min, h and d." in told.text


@pytest.mark.parametrize(
    ("wrong", "near"), [("futures.order.creat", "futures.order.create"), ("POST /fapi/v1/ordr", "/fapi/v1/order")]
)
async def test_an_unknown_endpoint_is_refused_with_the_nearest(run: Run, wrong: str, near: str):
    with pytest.raises(BadArgument) as refused:
        await run("describe_endpoint", venue="binance", endpoint=wrong)
    assert near in refused.value.advice


def test_a_route_that_several_endpoints_share_is_not_guessed():
    both = Catalogue("two", products={"a": "two", "b": "two"}, buckets={"x": Bucket(1, 1)})
    for id in ("a.order.get", "b.order.get"):
        both.read(id, "GET /order", doc="An order.", url="https://two.example", bucket="x")
    with pytest.raises(BadArgument) as refused:
        pick(both, "get /order")
    assert refused.value.advice == "Use an id: a.order.get, b.order.get."


# Reading.


@pytest.mark.parametrize("endpoint", WRITES, ids=named)
async def test_no_write_can_be_read(endpoint: Endpoint, run: Run, house: ByHost):
    with pytest.raises(NeedsConfirmation) as refused:
        await run("read_endpoint", venue=endpoint.venue, endpoint=endpoint.id, args=example(endpoint)[0])
    assert "propose_endpoint" in refused.value.advice
    assert "Nothing was sent." in str(refused.value)
    assert house.requests == []


async def test_any_read_answers_with_the_venues_own_json(run: Run, house: ByHost):
    told = await run("read_endpoint", venue="binance", endpoint="GET /fapi/v1/premiumIndex", args={"symbol": "BTCUSDT"})
    assert told.data["payload"]["symbol"] == "BTCUSDT"
    assert D(told.data["payload"]["markPrice"]) > 0
    assert query(house.requests[-1]) == {"symbol": "BTCUSDT"}
    assert json.loads(told.text.splitlines()[-1]) == told.data["payload"]


async def test_arguments_may_come_as_json_text_and_hold_no_float(run: Run):
    told = await run("read_endpoint", venue="binance", endpoint="spot.ticker.price", args='{"symbol": "BTCUSDT"}')
    assert told.data["payload"]["symbol"] == "BTCUSDT"
    with pytest.raises(BadArgument, match="args must be a JSON object"):
        await run("read_endpoint", venue="binance", endpoint="spot.ticker.price", args=["BTCUSDT"])
    with pytest.raises(BadArgument, match="float"):
        await run("read_endpoint", venue="binance", endpoint="spot.ticker.price", args={"symbol": 1.5})
    with pytest.raises(BadArgument, match='no argument "symbl"'):
        await run("read_endpoint", venue="binance", endpoint="spot.ticker.price", args={"symbl": "BTCUSDT"})


async def test_a_test_order_is_checked_by_the_venue_and_placed_nowhere(run: Run, house: ByHost):
    told = await run("read_endpoint", venue="binance", endpoint="spot.order.test", args=ORDER)
    assert told.data["payload"] == {}
    assert b"newClientOrderId=x-" in house.requests[-1].body
    assert "no open orders" in (await run("get_open_orders")).text
    assert (await run("get_fills", venue="binance", market="spot", symbol="BTC/USDT")).data["fills"]["rows"] == []


async def test_a_long_answer_is_cut_and_says_what_is_missing(run: Run):
    told = await run("read_endpoint", venue="binance", endpoint="spot.candles.list", args={
        "symbol": "BTCUSDT", "interval": "1h", "limit": 1000,
    })  # fmt: skip
    shown = len(told.data["payload"])
    assert 0 < shown < 1000
    assert len(told.text) < 25_000
    assert told.data["cut"] == [f"the answer: the first {shown} of 1000 elements"]
    assert f"the first {shown} of 1000 elements" in told.text


async def test_a_read_that_wants_a_key_sends_nothing_without_one(clock: FakeClock, store: Store, house: ByHost):
    keyless = desk_of(clock, store, binance(house, clock, key=None))
    with pytest.raises(MissingCredentials):
        await call(keyless, "read_endpoint", venue="binance", endpoint="spot.account.get")
    assert house.requests == []
    open_to_all = await call(keyless, "read_endpoint", venue="binance", endpoint="spot.time.get")
    assert open_to_all.data["payload"] == {"serverTime": clock.ms}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=6), inner, max_size=6),
    max_leaves=60,
)


@given(JSON, st.integers(40, 400))
def test_cutting_json_keeps_within_its_budget_and_says_so(value: Any, most: int):
    shown, notes = fitted(value, most)
    if len(compact(value)) <= most:
        assert shown == value
        assert notes == []
    else:
        assert notes
        assert len(compact(shown)) <= most + 60


def test_texts_of_others_lose_what_could_deceive():
    told = presentable({"na\u202eme": ["a\nb\u0000c", D("1E+2"), D("0.10"), None, True, 7]})
    assert told == {"na me": ["a b c", "100", "0.10", None, True, 7]}
    assert presentable("x" * 5000).endswith(" ...")


# Proposing.


@pytest.mark.parametrize("endpoint", WRITES, ids=named)
async def test_every_write_becomes_a_pending_action_that_shows_every_argument(
    endpoint: Endpoint, run: Run, house: ByHost, desk: Desk
):
    args = endpoint.call(example(endpoint)[0]).arguments
    told = await run("propose_endpoint", venue=endpoint.venue, endpoint=endpoint.id, args=args)
    assert told.data["state"] == "pending"
    for place, value in shown_args(endpoint.params, args):
        assert any(line.split() == [place, *value.split()] for line in told.text.splitlines()), (place, value)
    assert f"({endpoint.method} {endpoint.path})" in told.text
    assert endpoint.doc in told.text
    assert [step.call["endpoint"] for step in desk.gate.get(told.data["action"]).steps] == [endpoint.id]
    assert all(request.method == "GET" for request in house.requests)
    for id in desk._revive(desk.gate.get(told.data["action"]).steps[0]).client_ids():
        assert id in told.text


async def test_a_batch_is_shown_whole_with_each_price_and_client_id(run: Run):
    orders = [{**ORDER, "quantity": f"0.0{n}"} for n in range(1, 5)] + [{**ORDER, "symbol": "ETHUSDT", "quantity": "1"}]
    told = await run("propose_endpoint", venue="binance", endpoint="futures.batch.create", args={"batchOrders": orders})
    for n in range(5):
        assert f"batchOrders[{n}].quantity" in told.text
    assert told.text.count("Client order id") == 5
    assert told.text.count("Price now") == 2
    assert set(told.data["prices"]) == {"BTCUSDT", "ETHUSDT"}


async def test_the_summary_warns_that_a_typed_tool_checks_more(run: Run):
    order = await run("propose_endpoint", venue="binance", endpoint="futures.order.create", args=ORDER)
    assert "WARNING: place_order checks more" in order.text
    assert "Then reads       GET /fapi/v1/order" in order.text
    sor = await run("propose_endpoint", venue="binance", endpoint="spot.list.oco", args={
        "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.01", "aboveType": "LIMIT_MAKER", "abovePrice": "71000",
        "belowType": "STOP_LOSS", "belowStopPrice": "60000",
    })  # fmt: skip
    assert "checks more" not in sor.text


def test_every_typed_tool_that_is_recommended_exists():
    assert {tool for _, _, tool in TYPED} <= {tool.name for tool in ALL_TOOLS}


async def test_what_was_proposed_is_sent_as_it_was_shown(run: Run, carry_out: Run, house: ByHost):
    done = await carry_out("propose_endpoint", venue="binance", endpoint="POST /fapi/v1/leverage", args={
        "symbol": "BTCUSDT", "leverage": 9,
    })  # fmt: skip
    assert [r.url.split("?")[0] for r in house.requests if r.method == "POST"] == [
        "https://fapi.binance.com/fapi/v1/leverage"
    ]
    assert "The leverage of BTCUSDT is 9." in done.text
    told = await run("get_account_settings", venue="binance", symbol="BTC/USDT")
    assert told.data["settings"]["leverage"] == 9


async def test_a_raw_order_is_not_sent_after_the_price_has_moved_away(
    run: Run, desk: Desk, clock: FakeClock, house: ByHost
):
    desk.limits = Limits(price_tolerance_percent=D("0.0001"))
    told = await run("propose_endpoint", venue="binance", endpoint="futures.order.create", args=ORDER)
    assert "no price moves more than 0.0001 % until then" in told.text
    clock.advance(200)
    done = await run("confirm_action", token=told.data["token"], confirmation="CONFIRM")
    assert done.data["state"] == "refused"
    assert "Nothing was sent." in done.text
    assert not [r for r in house.requests if r.method == "POST"]


async def test_a_cancellation_does_not_wait_for_the_price(run: Run, desk: Desk):
    told = await run(
        "propose_endpoint", venue="binance", endpoint="DELETE /api/v3/openOrders", args={"symbol": "BTCUSDT"}
    )
    assert list(desk.gate.get(told.data["action"]).guards) == []
    assert "Price now" in told.text


async def test_an_unlisted_symbol_is_a_warning_and_not_a_guess(run: Run):
    told = await run(
        "propose_endpoint", venue="binance", endpoint="futures.leverage.set", args={"symbol": "XYZUSDT", "leverage": 3}
    )
    assert "WARNING: Binance perpetual lists no XYZUSDT." in told.text
    assert "Price now" not in told.text


@pytest.mark.parametrize("endpoint", ["spot.order.get", "spot.order.test"])
async def test_what_changes_nothing_cannot_be_proposed(run: Run, endpoint: str):
    with pytest.raises(BadArgument, match="changes nothing") as refused:
        await run("propose_endpoint", venue="binance", endpoint=endpoint, args=ORDER)
    assert refused.value.advice == "Call it with read_endpoint."


async def test_nothing_is_proposed_while_trading_is_halted_or_without_a_key(
    run: Run, desk: Desk, clock: FakeClock, store: Store, house: ByHost
):
    desk.halt = FakeHalt("maintenance")
    with pytest.raises(Halted):
        await run("propose_endpoint", venue="binance", endpoint="futures.order.create", args=ORDER)
    keyless = desk_of(clock, store, binance(house, clock, key=None))
    with pytest.raises(MissingCredentials):
        await call(keyless, "propose_endpoint", venue="binance", endpoint="futures.order.create", args=ORDER)
    assert house.requests == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("BTCUSDT", "BTCUSDT"),
        ("a\u202eb", '"a\\u202eb"'),
        ("two\nlines", '"two\\nlines"'),
        (["1", 2], '["1", 2]'),
        (True, "true"),
        (7, "7"),
    ],
)
def test_a_value_cannot_fake_a_line_of_the_summary(value: Any, shown: str):
    assert shown_value(value) == shown


# The operator's limits.


async def test_a_raw_order_is_held_to_the_operators_limits(run: Run, desk: Desk, house: ByHost):
    desk.limits = Limits(max_order_quote=D(1000), max_leverage=10)
    small = await run(
        "propose_endpoint", venue="binance", endpoint="futures.order.create", args={**ORDER, "quantity": "0.01"}
    )
    assert small.data["state"] == "pending"
    for endpoint, args in (
        ("futures.order.create", {**ORDER, "quantity": "0.1"}),
        ("futures.order.create", {**ORDER, "type": "LIMIT", "timeInForce": "GTC", "price": "200000"}),
        ("futures.batch.create", {"batchOrders": [ORDER, {**ORDER, "quantity": "1"}]}),
        ("spot.order.create", {**ORDER, "quantity": None, "quoteOrderQty": "1001"}),
        ("futures.order.create", {**ORDER, "symbol": "XYZUSDT"}),
        ("futures.leverage.set", {"symbol": "BTCUSDT", "leverage": 11}),
    ):
        with pytest.raises(LimitExceeded) as refused:
            await run("propose_endpoint", venue="binance", endpoint=endpoint, args=args)
        assert "Nothing was sent." in str(refused.value)
        assert refused.value.advice
    assert all(request.method == "GET" for request in house.requests)


@pytest.mark.parametrize(
    ("endpoint", "args"),
    [
        ("spot.order.amend", {"symbol": "BTCUSDT", "orderId": 1, "newQty": "0.01"}),
        ("futures.order.modify", {"symbol": "BTCUSDT", "orderId": 1, "side": "BUY", "quantity": "0.01", "price": "9"}),
    ],
)
async def test_a_raw_change_of_an_order_is_held_to_the_operators_limit(
    run: Run, desk: Desk, endpoint: str, args: dict[str, Any]
) -> None:
    desk.limits = Limits(max_order_quote=D(100))
    with pytest.raises(LimitExceeded, match="worth about"):
        await run("propose_endpoint", venue="binance", endpoint=endpoint, args=args)


async def test_a_raw_order_says_what_it_is_worth(run: Run):
    pending = await run("propose_endpoint", venue="binance", endpoint="spot.order.create", args=ORDER)
    price = D(pending.data["prices"]["BTCUSDT"])
    assert f"Worth            about {price * D('0.01'):,.2f} at most, in quote" in pending.data["summary"]


def test_sizes_hidden_in_free_json_do_not_pass_a_limit():
    params = [text("type"), json_value("ops"), one_of("side", ("BUY", "SELL")), decimal("amount")]
    limits = Limits(max_order_quote=D(100))
    hidden = {"type": "x", "ops": [["on", {"amount": "5"}]]}
    with pytest.raises(LimitExceeded, match="cannot be told"):
        within_limits(limits, list(parts_of(params[:2], hidden)), {})
    within_limits(limits, list(parts_of(params[:2], {"type": "x", "ops": [1, 2]})), {})
    within_limits(Limits(), list(parts_of(params[:2], hidden)), {})
