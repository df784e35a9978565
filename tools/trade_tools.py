"""The write tools as values. None of them sends: each returns a pending action for confirm_action."""

from __future__ import annotations

from blave_mcp.exchanges.models import MarginMode, OrderType, PositionMode, Side, TimeInForce, TriggerBy
from blave_mcp.exchanges.params import Param, client_id, decimal, flag, integer, one_of, text
from blave_mcp.tools import amend, manage, trade
from blave_mcp.tools.answers import VENUE
from blave_mcp.tools.spec import Run, Tool, Toolset, Touch

_PENDING = " Sends nothing: returns a pending action for the user to CONFIRM."

_VENUE = text("venue", VENUE, required=True)
_MARKET = one_of("market", ("spot", "margin", "perpetual"), required=True)
_PERPETUAL = one_of("market", ("perpetual",))
_POSITIONS = one_of("market", ("perpetual", "margin"), "margin where it keeps positions.")
_SYMBOL = text("symbol", "BTC/USDT or the venue's own form.", required=True)
_ORDER = text("order", "The venue's order id or the client id.", required=True)
_LEG = one_of("position_side", ("long", "short"), "Hedge mode, where both are open.")


def _tool(name: str, title: str, doc: str, run: Run, *params: Param) -> Tool:
    return Tool(
        name=name,
        title=title,
        doc=doc + _PENDING,
        toolset=Toolset.TRADE,
        touch=Touch.PROPOSE,
        run=run,
        params=params,
    )


TRADE_TOOLS = (
    _tool(
        "place_order",
        "Place an order",
        "Proposes one order: spot, or perpetual or margin with leverage. Checks grid, balance, bracket and position "
        "first; an open position's leverage and margin mode are inherited. Reductions are sent reduce-only; an order "
        "never turns a position round.",
        trade.place_order,
        _VENUE,
        _MARKET,
        _SYMBOL,
        one_of("side", tuple(Side), required=True),
        one_of("type", tuple(OrderType)),
        decimal("size", 'In base units, as text: "0.01".'),
        decimal("quote_size", "Instead of size: amount in quote (USDT); on perpetuals converted and shown."),
        decimal("price", "Limit price."),
        decimal("trigger", "Trigger price of stop and take-profit types."),
        one_of("trigger_by", tuple(TriggerBy)),
        decimal("callback_percent", "trailing_stop: distance in percent."),
        decimal("activation", "trailing_stop: price from which it trails."),
        one_of("time_in_force", tuple(TimeInForce)),
        flag("reduce_only"),
        one_of("position_side", ("long", "short"), "Hedge mode only."),
        integer("leverage", "Set before the order where no position is open.", low=1, high=200),
        one_of("margin_mode", tuple(MarginMode), "Set before the order where no position is open."),
        client_id("client_id", "Your own id; the venue's attribution prefix is put before it."),
    ),
    _tool(
        "close_position",
        "Close a position",
        "Proposes closing a position, whole or in part, at market or at a limit price, reduce-only.",
        trade.close_position,
        _VENUE,
        _SYMBOL,
        _LEG,
        decimal("size", "In base units; default all."),
        decimal("percent", "Instead of size.", high=100),
        decimal("price", "Limit price; default at market."),
        _POSITIONS,
    ),
    _tool(
        "protect_position",
        "Set take-profit and stop-loss",
        "Proposes take-profit and/or stop-loss orders for an open position. Refuses a price on the wrong side of the "
        "market or beyond liquidation.",
        trade.protect_position,
        _VENUE,
        _SYMBOL,
        text("take_profit", 'A price, or a distance from entry: "5%".'),
        text("stop_loss", 'A price, or a distance from entry: "2%".'),
        decimal("size", "In base units; default whatever is open when triggered."),
        _LEG,
        one_of("trigger_by", tuple(TriggerBy)),
        _POSITIONS,
    ),
    _tool(
        "amend_order",
        "Amend an order",
        "Proposes a new price and/or a new total size for an open order.",
        amend.amend_order,
        _VENUE,
        _MARKET,
        _SYMBOL,
        _ORDER,
        decimal("price", "New limit price."),
        decimal("size", "New total size in base units."),
    ),
    _tool(
        "cancel_order",
        "Cancel an order",
        "Proposes canceling one open order, conditional ones included.",
        manage.cancel_order,
        _VENUE,
        _MARKET,
        _SYMBOL,
        _ORDER,
    ),
    _tool(
        "cancel_all_orders",
        "Cancel all orders in a symbol",
        "Proposes canceling every open order in one symbol, conditional ones included; lists them.",
        manage.cancel_all_orders,
        _VENUE,
        _MARKET,
        _SYMBOL,
    ),
    _tool(
        "set_leverage",
        "Set leverage",
        "Proposes another leverage for a perpetual or margin symbol.",
        manage.set_leverage,
        _VENUE,
        _SYMBOL,
        integer("leverage", low=1, high=200, required=True),
        _POSITIONS,
    ),
    _tool(
        "set_margin_mode",
        "Set margin mode",
        "Proposes cross or isolated margin for a perpetual symbol that has no position and no order.",
        manage.set_margin_mode,
        _VENUE,
        _SYMBOL,
        one_of("margin_mode", tuple(MarginMode), required=True),
        _PERPETUAL,
    ),
    _tool(
        "set_position_mode",
        "Set position mode",
        "Proposes one-way or hedge mode for the whole perpetual account; wants no position and no order.",
        manage.set_position_mode,
        _VENUE,
        one_of("position_mode", tuple(PositionMode), required=True),
        _PERPETUAL,
    ),
    _tool(
        "adjust_margin",
        "Adjust isolated margin",
        "Proposes adding margin to an isolated position, or taking some out; shows the new liquidation price.",
        manage.adjust_margin,
        _VENUE,
        _SYMBOL,
        decimal("amount", "In the settlement asset; negative takes out.", required=True, low="-1000000000"),
        _LEG,
        _POSITIONS,
    ),
    _tool(
        "transfer_funds",
        "Transfer between wallets",
        "Proposes moving an asset between wallets of your own account at one venue.",
        manage.transfer_funds,
        _VENUE,
        text("asset", "USDT", required=True),
        decimal("amount", "As text.", required=True),
        text("source", "A wallet: spot, futures, ...", required=True),
        text("target", "As source; list_venues names a venue's.", required=True),
    ),
)
