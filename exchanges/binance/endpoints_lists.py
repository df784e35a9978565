"""Spot order lists: OCO (one cancels the other), OTO (one triggers the other), OTOCO (one triggers an OCO)."""

from __future__ import annotations

from blave_mcp.exchanges.binance.base import (
    BINANCE,
    SIDE,
    SPOT_DOCS,
    SPOT_TIME_IN_FORCE,
    SYMBOL,
    at_least_one,
    bips,
    by_type,
    exactly_one,
    limit,
    moment,
    not_together,
    together,
)
from blave_mcp.exchanges.binance.endpoints_spot import ORDER_TYPES, RESPONSE, STP
from blave_mcp.exchanges.endpoint import Rule
from blave_mcp.exchanges.params import Args, Param, client_id, decimal, integer, one_of, text

ABOVE = ("STOP_LOSS_LIMIT", "STOP_LOSS", "LIMIT_MAKER", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
BELOW = ("STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
# LIMIT_MAKER below is what a buy OCO takes; the enumeration in the documentation leaves it out, the same page's price
# rules and its error -1165 (a limit order in a buy OCO must be below) do not.
# https://developers.binance.com/docs/binance-spot-api-docs/errors#-1165-buy_oco_limit_must_be_below
BELOW_OR_LIMIT = (*BELOW, "LIMIT_MAKER")
LOSSES = ("STOP_LOSS", "STOP_LOSS_LIMIT")
STOPS = ("STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
LIMITED = ("STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT")

LEG_NEEDS = {
    "LIMIT": ("Price|PegPriceType", "TimeInForce"),
    "LIMIT_MAKER": ("Price|PegPriceType",),
    "STOP_LOSS": ("StopPrice|TrailingDelta",),
    "TAKE_PROFIT": ("StopPrice|TrailingDelta",),
    "STOP_LOSS_LIMIT": ("Price|PegPriceType", "StopPrice|TrailingDelta", "TimeInForce"),
    "TAKE_PROFIT_LIMIT": ("Price|PegPriceType", "StopPrice|TrailingDelta", "TimeInForce"),
}
LEG_ALLOWS = {
    "Price": ("LIMIT", "LIMIT_MAKER", *LIMITED),
    "StopPrice": STOPS,
    "TrailingDelta": STOPS,
    "TimeInForce": ("LIMIT", *LIMITED),
    "IcebergQty": ("LIMIT", "LIMIT_MAKER", *LIMITED),
    "PegPriceType": ("LIMIT", "LIMIT_MAKER", *LIMITED),
}


def leg_rule(leg: str) -> Rule:
    return by_type(LEG_NEEDS, LEG_ALLOWS, key=f"{leg}Type", name=lambda plain: f"{leg}{plain}")


def tags(name: str) -> tuple[Param, ...]:
    """The caller's own numbers, and the peg, of one order of a list."""
    return (
        integer(f"{name}StrategyId", "Any number of the caller's.", example=1),
        integer(f"{name}StrategyType", "Any number of the caller's from 1000000.", low=1_000_000),
        one_of(f"{name}PegPriceType", ("PRIMARY_PEG", "MARKET_PEG"), "Peg to the best price of one side."),
        one_of(f"{name}PegOffsetType", ("PRICE_LEVEL",), "With the offset's value."),
        integer(f"{name}PegOffsetValue", "Levels away from the best price.", low=1, high=100),
    )


def leg(name: str, types: tuple[str, ...]) -> tuple[Param, ...]:
    """The parameters of one contingent order of a list ("above", "pendingBelow")."""
    return (
        one_of(f"{name}Type", types, required=True),
        client_id(f"{name}ClientOrderId"),
        decimal(f"{name}IcebergQty", "Visible part; GTC only.", example="0.0005"),
        decimal(f"{name}Price", "Required for LIMIT_MAKER and the *_LIMIT types.", example="70000"),
        decimal(f"{name}StopPrice", "Trigger of STOP_LOSS and TAKE_PROFIT types.", example="69000"),
        bips(f"{name}TrailingDelta"),
        one_of(f"{name}TimeInForce", SPOT_TIME_IN_FORCE, "Required for the *_LIMIT types."),
        *tags(name),
    )


WORKING = (
    one_of(
        "workingType", ("LIMIT", "LIMIT_MAKER"), "The order that rests first.", required=True, example="LIMIT_MAKER"
    ),
    one_of("workingSide", ("BUY", "SELL"), required=True),
    client_id("workingClientOrderId"),
    decimal("workingPrice", required=True, example="60000"),
    decimal("workingQuantity", "In base.", required=True, example="0.001"),
    decimal("workingIcebergQty", "Visible part; GTC only.", example="0.0005"),
    one_of("workingTimeInForce", SPOT_TIME_IN_FORCE, "Required for LIMIT."),
    *tags("working"),
)


def working_rule(args: Args) -> str | None:
    if (args["workingType"] == "LIMIT") != ("workingTimeInForce" in args):
        return "workingTimeInForce is required for workingType LIMIT, and only for it."
    return None


def one_takes_profit(above: str, below: str) -> Rule:
    """One leg must limit the loss and the other take the profit, each on the side of the price that the type means."""

    def rule(args: Args) -> str | None:
        losses = [leg for leg in (above, below) if args[f"{leg}Type"] in LOSSES]
        if len(losses) != 1:
            return f"One of {above}Type and {below}Type is STOP_LOSS or STOP_LOSS_LIMIT, the other is not."
        side = args.get("side", args.get("pendingSide"))
        wanted = above if side == "BUY" else below
        return None if losses == [wanted] else f"For {side}, the STOP_LOSS leg is {wanted}Type."

    return rule


LIST_ID = client_id("listClientOrderId")

BINANCE.write(
    "spot.list.oco", "POST /api/v3/orderList/oco",
    doc="Places two orders of which the first to work cancels the other.",
    url=f"{SPOT_DOCS}trade#order-list-oco", bucket="spot.orders", weight=2,
    params=[
        SYMBOL, LIST_ID, SIDE, decimal("quantity", "Of both orders, in base.", required=True, example="0.001"),
        *leg("above", ABOVE), *leg("below", BELOW_OR_LIMIT), RESPONSE, STP,
    ],
    rule=together(leg_rule("above"), leg_rule("below"), one_takes_profit("above", "below")),
)  # fmt: skip
BINANCE.write(
    "spot.list.oto", "POST /api/v3/orderList/oto",
    doc="Places an order and a second one that follows when the first is filled.",
    url=f"{SPOT_DOCS}trade#order-list-oto", bucket="spot.orders", weight=2,
    params=[
        SYMBOL, LIST_ID, RESPONSE, STP, *WORKING,
        one_of("pendingSide", ("BUY", "SELL"), required=True, example="SELL"),
        decimal("pendingQuantity", "In base.", required=True, example="0.001"),
        *leg("pending", ORDER_TYPES),
    ],
    rule=together(working_rule, leg_rule("pending")),
)  # fmt: skip
BINANCE.write(
    "spot.list.otoco", "POST /api/v3/orderList/otoco",
    # Binance's table has pendingBelowType as optional; without it this would be an OTO, which has its own endpoint.
    doc="Places an order and an OCO pair that follows when the order is filled.",
    url=f"{SPOT_DOCS}trade#order-list-otoco", bucket="spot.orders", weight=3,
    params=[
        SYMBOL, LIST_ID, RESPONSE, STP, *WORKING,
        one_of("pendingSide", ("BUY", "SELL"), required=True, example="SELL"),
        decimal("pendingQuantity", "Of both pending orders, in base.", required=True, example="0.001"),
        *leg("pendingAbove", ABOVE), *leg("pendingBelow", BELOW_OR_LIMIT),
    ],
    rule=together(
        working_rule, leg_rule("pendingAbove"), leg_rule("pendingBelow"),
        one_takes_profit("pendingAbove", "pendingBelow"),
    ),
)  # fmt: skip
BINANCE.write(
    "spot.list.cancel", "DELETE /api/v3/orderList",
    doc="Cancels a whole order list.", url=f"{SPOT_DOCS}trade#delete-order-list", bucket="spot.weight",
    params=[
        SYMBOL, integer("orderListId", "The venue's id of the list.", example=1),
        text("listClientOrderId", "The list's client id.", example="x-1"),
    ],
    rule=at_least_one("orderListId", "listClientOrderId"),
)  # fmt: skip
BINANCE.read(
    "spot.list.get", "GET /api/v3/orderList",
    doc="One order list in any state.", url=f"{SPOT_DOCS}account#get-order-list", bucket="spot.weight", weight=4,
    params=[
        integer("orderListId", "The venue's id of the list.", example=1),
        text("origClientOrderId", "The list's client id.", example="x-1"),
    ],
    rule=exactly_one("orderListId", "origClientOrderId"),
)  # fmt: skip
BINANCE.read(
    "spot.list.open", "GET /api/v3/openOrderList",
    doc="Open order lists.", url=f"{SPOT_DOCS}account#open-order-list", bucket="spot.weight", weight=6,
)  # fmt: skip
BINANCE.read(
    "spot.list.list", "GET /api/v3/allOrderList",
    doc="Order lists in any state; at most 24 hours between startTime and endTime.",
    url=f"{SPOT_DOCS}account#all-order-list", bucket="spot.weight", weight=20,
    params=[
        integer("fromId", "Lists from this id on.", example=1), moment("startTime"), moment("endTime"),
        limit(1000, 500),
    ],
    rule=together(not_together("fromId", "startTime"), not_together("fromId", "endTime")),
)  # fmt: skip
