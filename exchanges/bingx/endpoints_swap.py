"""Perpetuals: the market, the account, positions, leverage, modes and margin. Orders are in endpoints_orders.py."""

from __future__ import annotations

from blave_mcp.exchanges.bingx.base import (
    ANY_SYMBOL,
    SWAP_ACCOUNT,
    SWAP_BASE,
    SWAP_MARKET,
    SWAP_TRADE,
    SYMBOL,
    interval,
    known_limit,
    limit,
    moment,
    page,
    public,
    read,
    truth,
    write,
)
from blave_mcp.exchanges.cautions import REVERSES, WHOLE_ACCOUNT
from blave_mcp.exchanges.params import Args, decimal, integer, one_of, text

SPAN = (moment("startTime"), moment("endTime"))
CANDLES = (SYMBOL, interval(), *SPAN, limit(1440, 500))
DEPTHS = (5, 10, 20, 50, 100, 500, 1000)
INCOMES = (
    "TRANSFER", "REALIZED_PNL", "FUNDING_FEE", "TRADING_FEE", "INSURANCE_CLEAR", "TRIAL_FUND", "ADL",
    "SYSTEM_DEDUCTION", "GTD_PRICE",
)  # fmt: skip
CURRENCY = one_of("currency", ("USDT", "USDC"), "Settlement asset.")
POSITION_ID = text("positionId", "The venue's own id of the position.", required=True, example="1")

# The market.

public("swap.time.get", "GET /openApi/swap/v2/server/time", doc="The venue's clock.", url=SWAP_BASE)
public(
    "swap.instruments.list", "GET /openApi/swap/v2/quote/contracts",
    doc="Contracts: precisions, least sizes, highest leverage, fees, whether they can be traded.",
    url=SWAP_MARKET, params=[ANY_SYMBOL],
)  # fmt: skip
public(
    "swap.rules.get", "GET /openApi/swap/v1/tradingRules",
    doc="Trading rules of one contract.", url=SWAP_MARKET, params=[SYMBOL],
)  # fmt: skip
public(
    "swap.ticker.day", "GET /openApi/swap/v2/quote/ticker",
    doc="Price, volume and change over 24 hours, with best bid and ask.", url=SWAP_MARKET, params=[ANY_SYMBOL],
)  # fmt: skip
public(
    "swap.ticker.book", "GET /openApi/swap/v2/quote/bookTicker",
    doc="Best bid and ask.", url=SWAP_MARKET, params=[SYMBOL],
)  # fmt: skip
public(
    "swap.ticker.price", "GET /openApi/swap/v1/ticker/price",
    doc="Last price.", url=SWAP_MARKET, params=[ANY_SYMBOL],
)  # fmt: skip
public(
    "swap.book.get", "GET /openApi/swap/v2/quote/depth",
    doc="The order book.", url=SWAP_MARKET, rule=known_limit(DEPTHS),
    params=[SYMBOL, integer("limit", "Levels: 5, 10, 20 (default), 50, 100, 500 or 1000.", low=5, high=1000)],
)  # fmt: skip
public(
    "swap.trades.list", "GET /openApi/swap/v2/quote/trades",
    doc="The market's latest trades.", url=SWAP_MARKET, params=[SYMBOL, limit(1000, 500)],
)  # fmt: skip
public(
    "swap.trades.old", "GET /openApi/swap/v1/market/historicalTrades",
    doc="Older trades of the market.", url=SWAP_MARKET,
    params=[SYMBOL, integer("fromId", "First trade id.", example=1), limit(100, 50)],
)  # fmt: skip
public(
    "swap.candles.list", "GET /openApi/swap/v3/quote/klines",
    doc="Candles of the last price, newest first.", url=SWAP_MARKET, params=CANDLES,
)  # fmt: skip
public(
    "swap.candles.mark", "GET /openApi/swap/v1/market/markPriceKlines",
    doc="Candles of the mark price.", url=SWAP_MARKET, params=CANDLES,
)  # fmt: skip
public(
    "swap.funding.now", "GET /openApi/swap/v2/quote/premiumIndex",
    doc="Mark price, index price, funding rate and next funding time.", url=SWAP_MARKET, params=[ANY_SYMBOL],
)  # fmt: skip
public(
    "swap.funding.list", "GET /openApi/swap/v2/quote/fundingRate",
    doc="Past funding rates.", url=SWAP_MARKET, params=[SYMBOL, *SPAN, limit(1000, 100)],
)  # fmt: skip
public(
    "swap.interest.get", "GET /openApi/swap/v2/quote/openInterest",
    doc="Open interest of one contract, in its quote.", url=SWAP_MARKET, params=[SYMBOL],
)  # fmt: skip

# The account.

read(
    "swap.account.get", "GET /openApi/swap/v3/user/balance",
    doc="The perpetual wallet: balance, equity and margin of each asset.", url=SWAP_ACCOUNT,
)  # fmt: skip
read(
    "swap.position.list", "GET /openApi/swap/v2/user/positions",
    doc="Open positions with profit, margin and liquidation price.", url=SWAP_ACCOUNT, params=[ANY_SYMBOL],
)  # fmt: skip
read(
    "swap.fees.get", "GET /openApi/swap/v2/user/commissionRate",
    doc="The account's maker and taker fees on perpetuals.", url=SWAP_ACCOUNT,
)  # fmt: skip
read(
    "swap.income.list", "GET /openApi/swap/v2/user/income",
    doc="Flow of funds of the last three months: PnL, funding, fees, transfers.", url=SWAP_ACCOUNT,
    params=[ANY_SYMBOL, one_of("incomeType", INCOMES, "Kind; all where left out."), *SPAN, limit(1000, 100)],
)  # fmt: skip

# Positions.


def both_or_no_margin(args: Args) -> str | None:
    if args["functionSwitch"] == "true" and "amount" not in args:
        return "amount is required to switch it on."
    return None


def planned(args: Args) -> str | None:
    if args["type"] == "TriggerReverse" and not {"triggerPrice", "workingType"} <= args.keys():
        return "triggerPrice and workingType are required for a TriggerReverse."
    return None


write(
    "swap.position.close_all", "POST /openApi/swap/v2/trade/closeAllPositions",
    doc="Close all positions at market.", url=SWAP_TRADE, params=[ANY_SYMBOL],
)  # fmt: skip
write(
    "swap.position.close", "POST /openApi/swap/v1/trade/closePosition",
    doc="Close one position, by its id, at market.", url=SWAP_TRADE, params=[POSITION_ID],
)  # fmt: skip
write(
    "swap.position.reverse", "POST /openApi/swap/v1/trade/reverse", caution=REVERSES,
    doc="Reverse a position: close it and open as much on the other side.", url=SWAP_TRADE, rule=planned,
    params=[
        one_of("type", ("Reverse", "TriggerReverse"), "At once, or when the trigger is reached.", required=True),
        SYMBOL, decimal("triggerPrice", "For TriggerReverse."),
        one_of("workingType", ("MARK_PRICE", "CONTRACT_PRICE", "INDEX_PRICE"), "What triggers a TriggerReverse."),
    ],
)  # fmt: skip
read(
    "swap.position.history", "GET /openApi/swap/v1/trade/positionHistory",
    doc="Closed positions; at most three months at once.", url=SWAP_TRADE,
    params=[
        SYMBOL, CURRENCY, integer("positionId", "One position.", example=1),
        moment("startTs", required=True), moment("endTs", required=True), page(), limit(100, 100, name="pageSize"),
    ],
)  # fmt: skip
write(
    "swap.margin.adjust", "POST /openApi/swap/v2/trade/positionMargin",
    doc="Add margin to an isolated position, or take it out.", url=SWAP_TRADE,
    params=[
        SYMBOL, decimal("amount", "In the settlement asset.", required=True),
        integer("type", "1 adds, 2 takes out.", low=1, high=2, required=True),
        one_of("positionSide", ("BOTH", "LONG", "SHORT"), "BOTH in one-way mode."),
        integer("positionId", "Goes before positionSide.", example=1),
    ],
)  # fmt: skip
read(
    "swap.margin.list", "GET /openApi/swap/v1/positionMargin/history",
    doc="Changes of an isolated position's margin.", url=SWAP_TRADE,
    params=[
        SYMBOL, POSITION_ID, moment("startTime", required=True), moment("endTime", required=True),
        page(required=True), limit(100, 100, name="pageSize", required=True),
    ],
)  # fmt: skip
write(
    "swap.auto_margin.set", "POST /openApi/swap/v1/trade/autoAddMargin",
    doc="Switch the automatic adding of margin to a position of hedge mode on or off.", url=SWAP_TRADE,
    rule=both_or_no_margin,
    params=[
        SYMBOL, integer("positionId", "The venue's own id of the position.", required=True, example=1),
        truth("functionSwitch", "On or off.", required=True, example="false"),
        decimal("amount", "Most margin to add, in USDT."),
    ],
)  # fmt: skip
read(
    "swap.brackets.list", "GET /openApi/swap/v1/maintMarginRatio",
    doc="Maintenance margin by size of the position.", url=SWAP_TRADE, params=[SYMBOL],
)  # fmt: skip

# Leverage and modes.

read(
    "swap.leverage.get", "GET /openApi/swap/v2/trade/leverage",
    doc="Leverage now and at most, and what can still be opened.", url=SWAP_TRADE, params=[SYMBOL],
)  # fmt: skip
write(
    "swap.leverage.set", "POST /openApi/swap/v2/trade/leverage",
    doc="Set the leverage of one side.", url=SWAP_TRADE,
    params=[
        SYMBOL, one_of("side", ("BOTH", "LONG", "SHORT"), "BOTH in one-way mode.", required=True),
        integer("leverage", low=1, required=True, example=5),
    ],
)  # fmt: skip
read(
    "swap.margin_mode.get", "GET /openApi/swap/v2/trade/marginType",
    doc="Margin mode of a symbol.", url=SWAP_TRADE, params=[SYMBOL],
)  # fmt: skip
write(
    "swap.margin_mode.set", "POST /openApi/swap/v2/trade/marginType",
    doc="Set the margin mode of a symbol; without positions and orders in it.", url=SWAP_TRADE,
    params=[
        SYMBOL,
        one_of(
            "marginType", ("ISOLATED", "CROSSED", "SEPARATE_ISOLATED"),
            "SEPARATE_ISOLATED keeps several isolated positions in one symbol.", required=True,
        ),
    ],
)  # fmt: skip
read(
    "swap.position_mode.get", "GET /openApi/swap/v1/positionSide/dual",
    doc="Hedge mode (true) or one-way mode.", url=SWAP_TRADE,
)  # fmt: skip
write(
    "swap.position_mode.set", "POST /openApi/swap/v1/positionSide/dual", caution=WHOLE_ACCOUNT,
    doc="Set the position mode for every symbol; without positions and orders.", url=SWAP_TRADE,
    params=[truth("dualSidePosition", "true is hedge mode, false one-way mode.", required=True)],
)  # fmt: skip
write(
    "swap.vst.apply", "POST /openApi/swap/v2/trade/getVst",
    doc="Ask for virtual money (VST) on the simulated host, or give some back.", url=SWAP_TRADE,
    params=[
        one_of("adjustType", ("0", "1"), "0 adds, 1 takes away."),
        integer("amount", "How much.", low=1, example=1000),
    ],
)  # fmt: skip
