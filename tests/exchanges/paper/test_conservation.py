"""What holds for every life of an account, whatever the user and the market do."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from hypothesis import given, settings

from blave_mcp.exchanges.paper.types import OrderStatus, PositionSide, Product
from tests.exchanges.paper.deeds import Deed, Life, beginnings, deeds
from tests.exchanges.paper.scripted import LISTINGS, MARGIN, net

D = Decimal


def initial(life: Life) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for assets in life.start.values():
        for asset, amount in assets.items():
            sums[asset] += amount
    return dict(sums)


def check_money(life: Life) -> None:
    exchange, now = life.exchange, life.now
    assert net(exchange.totals()) == initial(life)
    account = exchange.margin_account(now)
    assert account.available >= 0
    for balance in exchange.balances(now):
        assert balance.locked >= 0, balance
        margin = balance.wallet == exchange.rules.perp_wallet and balance.asset == "USDT"
        # Only a profit that is not realised may outweigh a debt.
        assert balance.free >= 0 or (margin and account.cross_wallet + account.cross_unrealised > 0), balance
    if not exchange.positions(now):
        assert account.cross_wallet >= 0


def check_orders(life: Life) -> None:
    exchange, now = life.exchange, life.now
    fills: dict[int, list[Decimal]] = defaultdict(lambda: [D(0), D(0)])
    for fill in exchange.fills(now):
        assert fill.quote == fill.price * fill.qty or fill.liquidation
        fills[fill.order_id][0] += fill.qty
        fills[fill.order_id][1] += fill.quote
    for order in exchange.orders(now):
        assert [order.executed, order.quote] == fills[order.id]
        assert order.executed <= order.qty
        assert (order.status is OrderStatus.FILLED) == (order.executed == order.qty and order.executed > 0)
    names = [(order.request.key, order.client_id) for order in exchange.open_orders(now)]
    assert len(set(names)) == len(names)


def check_positions(life: Life) -> None:
    """Replays the fills: they make the positions, reduce-only never adds, hedge legs keep to their side."""
    exchange, now = life.exchange, life.now
    sizes: dict[tuple[str, PositionSide], Decimal] = defaultdict(Decimal)
    orders = {order.id: order for order in exchange.orders(now)}
    for fill in exchange.fills(now):
        if LISTINGS[fill.key].product is Product.SPOT:
            continue
        leg = fill.key, fill.position_side
        before = sizes[leg]
        sizes[leg] += fill.side.sign * fill.qty
        if orders[fill.order_id].request.reduce_only or orders[fill.order_id].request.close_position:
            assert before * fill.side.sign < 0
            assert abs(sizes[leg]) == abs(before) - fill.qty
        if fill.position_side is PositionSide.LONG:
            assert sizes[leg] >= 0
        if fill.position_side is PositionSide.SHORT:
            assert sizes[leg] <= 0
    held = {(p.key, p.position_side): p.qty for p in exchange.positions(now)}
    assert held == {leg: size for leg, size in sizes.items() if size}


def check_books(life: Life) -> None:
    """Every wallet is its start and its entries; what is locked is what orders, holds and positions lock."""
    exchange, now = life.exchange, life.now
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for wallet, assets in life.start.items():
        for asset, amount in assets.items():
            sums[wallet, asset] += amount
    for entry in exchange.entries(now):
        sums[entry.wallet, entry.asset] += entry.amount
    shown = {(b.wallet, b.asset): b.total for b in exchange.balances(now)}
    assert {slot: amount for slot, amount in sums.items() if amount} == {s: a for s, a in shown.items() if a}
    if not exchange.positions(now):
        exchange.cancel_all(now)
        for balance in exchange.balances(now):
            held = life.exchange._account.cash.held.get((balance.wallet, balance.asset), D(0))
            assert balance.locked == held, balance


@given(beginning=beginnings, story=deeds)
@settings(deadline=None, max_examples=1_200)
def test_money_is_neither_made_nor_lost_and_the_books_agree_with_each_other(
    beginning: tuple[int, bool, bool, int], story: list[Deed]
):
    life = Life.begin(beginning)
    for deed in story:
        life.do(deed)
        check_money(life)
    check_orders(life)
    check_positions(life)
    check_books(life)


def test_the_stories_do_what_they_are_for():
    """Guards the test above against stories in which everything is refused."""
    seen: dict[str, int] = defaultdict(int)

    @given(beginning=beginnings, story=deeds)
    @settings(deadline=None, max_examples=500, database=None, derandomize=True)
    def tell(beginning: tuple[int, bool, bool, int], story: list[Deed]) -> None:
        life = Life.begin(beginning)
        for deed in story:
            life.do(deed)
        exchange = life.exchange
        happened: Mapping[str, int] = {
            "fills": len(exchange.fills(life.now)),
            "makers": sum(fill.maker for fill in exchange.fills(life.now)),
            "liquidations": len(exchange.liquidations(life.now)),
            "fundings": sum(each.key != MARGIN for each in exchange.funding_payments(life.now)),
            "interest": sum(each.key == MARGIN for each in exchange.funding_payments(life.now)),
            "margin fills": sum(fill.key == MARGIN for fill in exchange.fills(life.now)),
            "lists": len(exchange.order_lists(life.now)),
            "triggered": sum(order.triggered_ms is not None for order in exchange.orders(life.now)),
            "transfers": len(exchange.transfers(life.now)),
        }
        for what, count in happened.items():
            seen[what] += count

    tell()
    assert {what: seen[what] > 10 for what in seen} == dict.fromkeys(seen, True), dict(seen)
