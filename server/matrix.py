"""Which venue can what, as a table for people. The README holds it between two marks."""

from __future__ import annotations

from collections.abc import Iterator

from blave_mcp.exchanges.models import Market, OrderType
from blave_mcp.exchanges.verbs import Verbs
from blave_mcp.server.kinds import Kind, kinds
from blave_mcp.tools.listings import VERBS, has_verb

BEGIN = "<!-- capabilities: blave-mcp venues prints this table -->"
END = "<!-- end of capabilities -->"
YES, NO = "●", "–"
_WORDS = {
    "ticker": "prices",
    "book": "order book",
    "trades": "market trades",
    "funding_rates": "funding rates",
    "fills": "own trades",
    "settings": "fees and settings",
    "brackets": "maintenance tiers",
    "place": "place orders",
    "amend": "amend an order",
    "cancel": "cancel an order",
    "cancel_all": "cancel all",
    "protect": "take-profit and stop-loss",
    "set_leverage": "leverage",
    "set_margin_mode": "margin mode",
    "set_position_mode": "hedge mode",
    "adjust_margin": "add or remove margin",
    "transfer": "transfer between wallets",
}


def capabilities() -> str:
    """A Markdown table: a column for each market, a row for each thing that it may have."""
    columns = [(kind, market, verbs) for kind in kinds().values() for market, verbs in kind.markets.items()]
    lines = [
        "| | " + " | ".join(f"{kind.dialect.title} {_short(market)}" for kind, market, _ in columns) + " |",
        "|---|" + ":-:|" * len(columns),
    ]
    for name, cells in _rows(columns):
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _rows(columns: list[tuple[Kind, Market, Verbs]]) -> Iterator[tuple[str, list[str]]]:
    for verb in VERBS:
        yield _WORDS.get(verb, verb.replace("_", " ")), [_mark(has_verb(verbs, verb)) for _, _, verbs in columns]
    for kind_of_order in OrderType:
        name = f"order: {kind_of_order.value.replace('_', ' ')}"
        yield name, [_mark(kind_of_order in verbs.order_types) for _, _, verbs in columns]
    yield "lending to others", [_mark(kind.funding is not None) for kind, _, _ in columns]
    yield "test environment", [_mark(bool(kind.dialect.hosts[v.product].testnet)) for kind, _, v in columns]
    yield "endpoints", [str(_endpoints(kind, verbs.product)) for kind, _, verbs in columns]


def _mark(has: bool) -> str:
    return YES if has else NO


def _short(market: Market) -> str:
    return "perp" if market is Market.PERPETUAL else market.value


def _endpoints(kind: Kind, product: str) -> int:
    return sum(1 for endpoint in kind.dialect.catalogue if endpoint.product == product)


def put_into(page: str) -> str:
    """Returns the page with the table between its marks.

    Raises:
        ValueError: the page lacks a mark.
    """
    head, begun, rest = page.partition(BEGIN)
    _, ended, tail = rest.partition(END)
    if not (begun and ended):
        raise ValueError("the page lacks the marks of the table")
    return f"{head}{BEGIN}\n\n{capabilities()}\n\n{END}{tail}"
