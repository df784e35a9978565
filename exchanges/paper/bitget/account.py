"""Balances, settings, positions and transfers of Bitget's face.

https://www.bitget.com/api-doc/contract/account/Get-Single-Account
https://www.bitget.com/api-doc/contract/position/get-all-position
https://www.bitget.com/api-doc/spot/account/Wallet-Transfer
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blave_mcp.exchanges.paper.bitget.base import (
    Ask,
    BitgetRefusal,
    empty,
    ms,
    newest,
    size_text,
    within,
    wrong,
)
from blave_mcp.exchanges.paper.face import fixed, places_of, short
from blave_mcp.exchanges.paper.refusals import PaperRefusal, Reason
from blave_mcp.exchanges.paper.types import (
    ZERO,
    EntryKind,
    Listing,
    MarginAccount,
    MarginMode,
    Position,
    PositionSide,
    Product,
    SymbolSettings,
)

MARGIN_CHANGES = "bitget-margin-changes"
TRANSFERS = "bitget-transfers"
_WALLETS = ("spot", "p2p", "coin_futures", "usdt_futures", "usdc_futures", "crossed_margin", "isolated_margin")


def wallet_of(ask: Ask, word: str) -> str:
    """Returns the exchange's name for a wallet of Bitget's."""
    rules = ask.exchange.rules
    return {"spot": rules.spot_wallet, "usdt_futures": rules.perp_wallet, "p2p": "funding"}.get(word, word)


# Balances


def spot_assets(ask: Ask) -> list[dict[str, str]]:
    coin = ask.params.text("coin").upper()
    everything = ask.params.one_of("assetType", ("hold_only", "all"), "hold_only") == "all"
    return [
        {
            "coin": balance.asset,
            "available": fixed(balance.free),
            "frozen": fixed(balance.locked),
            "locked": "0.00000000",
            "limitAvailable": "0.00000000",
            "uTime": ms(ask.now),
        }
        for balance in ask.exchange.balances(ask.now, ask.exchange.rules.spot_wallet)
        if coin in ("", balance.asset) and (coin or everything or balance.total)
    ]


def funding_assets(ask: Ask) -> list[dict[str, str]]:
    coin = ask.params.text("coin").upper()
    return [
        {
            "coin": balance.asset,
            "available": fixed(balance.free),
            "frozen": fixed(balance.locked),
            "usdtValue": fixed(balance.total * _worth(ask, balance.asset)),
        }
        for balance in ask.exchange.balances(ask.now, "funding")
        if coin in ("", balance.asset) and balance.total
    ]


def overview(ask: Ask) -> list[dict[str, str]]:
    rules = ask.exchange.rules
    worth = {"spot": ZERO, "futures": ZERO, "funding": ZERO, "earn": ZERO, "bots": ZERO, "margin": ZERO}
    for name, wallet in (("spot", rules.spot_wallet), ("funding", "funding")):
        for balance in ask.exchange.balances(ask.now, wallet):
            worth[name] += balance.total * _worth(ask, balance.asset)
    worth["futures"] = ask.exchange.margin_account(ask.now).margin_balance
    return [{"accountType": name, "usdtBalance": fixed(value)} for name, value in worth.items()]


def _worth(ask: Ask, asset: str) -> Decimal:
    if asset == "USDT":
        return Decimal(1)
    try:
        listing = ask.exchange.listing(f"{asset}USDT:spot")
    except PaperRefusal:
        return ZERO
    return ask.exchange.market.prices(listing.key, ask.now).last


def trade_rate(ask: Ask) -> dict[str, str]:
    ask.params.need("symbol")
    business = ask.params.need_one_of("businessType", ("mix", "spot", "margin"))
    listing = ask.listing(Product.PERP if business == "mix" else Product.SPOT)
    return {"makerFeeRate": short(listing.maker_fee), "takerFeeRate": short(listing.taker_fee)}


def _account_row(account: MarginAccount, positions: tuple[Position, ...]) -> dict[str, Any]:
    isolated = sum((p.isolated_margin for p in positions if p.margin_mode is MarginMode.ISOLATED), ZERO)
    return {
        "marginCoin": account.asset,
        "locked": fixed(account.order_initial_margin),
        "available": fixed(account.cross_wallet),
        "crossedMaxAvailable": fixed(account.available),
        "isolatedMaxAvailable": fixed(account.available),
        "maxTransferOut": fixed(account.max_withdraw),
        "accountEquity": fixed(account.margin_balance),
        "usdtEquity": fixed(account.margin_balance),
        "btcEquity": "0",
        "crossedRiskRate": "0",
        "unrealizedPL": fixed(account.unrealised),
        "coupon": "0",
        "isolatedMargin": fixed(isolated),
        "crossedMargin": fixed(max(ZERO, account.initial_margin - isolated)),
        "crossedUnrealizedPL": fixed(account.cross_unrealised),
        "isolatedUnrealizedPL": fixed(account.unrealised - account.cross_unrealised),
        "assetMode": "single",
    }


def accounts(ask: Ask) -> list[dict[str, Any]]:
    if not ask.product_type():
        return []
    positions = ask.exchange.positions(ask.now)
    return [
        _account_row(ask.exchange.margin_account(ask.now, asset), positions) for asset in ask.exchange.margin_assets()
    ]


def account(ask: Ask) -> dict[str, Any]:
    listing = ask.perp()
    _margin_coin(ask, listing)
    told = ask.exchange.settings(listing.key)
    row = _account_row(ask.exchange.margin_account(ask.now, listing.settle), ask.exchange.positions(ask.now))
    return {
        **row,
        "crossedMarginLeverage": short(told.leverage),
        "isolatedLongLever": short(told.leverage),
        "isolatedShortLever": short(told.leverage),
        "marginMode": mode_text(told.margin_mode),
        "posMode": "hedge_mode" if ask.exchange.hedge else "one_way_mode",
    }


def mode_text(mode: MarginMode) -> str:
    return "isolated" if mode is MarginMode.ISOLATED else "crossed"


def _margin_coin(ask: Ask, listing: Listing) -> None:
    if ask.params.need("marginCoin").upper() != listing.settle:
        raise BitgetRefusal("43049", "Margin coin is not allowed")


# Settings


def _settings_row(listing: Listing, told: SymbolSettings) -> dict[str, str]:
    return {
        "symbol": listing.symbol,
        "marginCoin": listing.settle,
        "longLeverage": short(told.leverage),
        "shortLeverage": short(told.leverage),
        "crossMarginLeverage": short(told.leverage),
        "marginMode": mode_text(told.margin_mode),
    }


def set_leverage(ask: Ask) -> dict[str, str]:
    """Both sides of a symbol have one leverage here."""
    listing = ask.perp()
    _margin_coin(ask, listing)
    wanted = {ask.params.integer(name) for name in ("leverage", "longLeverage", "shortLeverage")} - {None}
    if not wanted:
        raise empty("leverage")
    if len(wanted) > 1:
        raise BitgetRefusal("40805", "Unsupported operation: paper trading has one leverage for both sides")
    (leverage,) = wanted
    return _settings_row(listing, ask.exchange.set_leverage(listing.key, Decimal(leverage or 0), ask.now))


def set_margin_mode(ask: Ask) -> dict[str, str]:
    listing = ask.perp()
    _margin_coin(ask, listing)
    word = ask.params.need_one_of("marginMode", ("isolated", "crossed"))
    mode = MarginMode.ISOLATED if word == "isolated" else MarginMode.CROSS
    try:
        told = ask.exchange.set_margin_mode(listing.key, mode, ask.now)
    except PaperRefusal as refused:
        if refused.reason is not Reason.MARGIN_MODE_UNCHANGED:
            raise
        told = ask.exchange.settings(listing.key)
    return _settings_row(listing, told)


def set_position_mode(ask: Ask) -> dict[str, str]:
    if not ask.product_type():
        raise wrong("productType")
    word = ask.params.need_one_of("posMode", ("one_way_mode", "hedge_mode"))
    try:
        ask.exchange.set_hedge(word == "hedge_mode", ask.now)
    except PaperRefusal as refused:
        if refused.reason is not Reason.POSITION_MODE_UNCHANGED:
            raise
    return {"posMode": word}


def set_margin(ask: Ask) -> str:
    listing = ask.perp()
    _margin_coin(ask, listing)
    side = PositionSide(ask.params.need_one_of("holdSide", ("long", "short")))
    amount = ask.params.decimal("amount")
    if amount is None:
        raise empty("amount")
    leg = side if ask.exchange.hedge else PositionSide.BOTH
    found = [p for p in ask.exchange.positions(ask.now, key=listing.key) if p.position_side is leg and p.qty]
    if not found or (found[0].qty > 0) != (side is PositionSide.LONG):
        raise PaperRefusal(Reason.NO_POSITION, f"no {side.value} position")
    ask.exchange.adjust_margin(listing.key, amount, ask.now, position_side=leg)
    ask.account.note(
        MARGIN_CHANGES,
        {"symbol": listing.symbol, "amount": short(amount), "coin": listing.settle, "time": ask.now},
    )
    return ""


def bills(ask: Ask) -> dict[str, Any]:
    """Changes of margin, fees, profits, funding and transfers of the futures wallet."""
    if not ask.product_type():
        return {"bills": [], "endId": ""}
    kind, (start, end) = ask.params.text("businessType"), within(ask)
    rows = [
        (
            note["time"],
            note["symbol"],
            note["amount"],
            "0",
            "append_margin" if Decimal(note["amount"]) > 0 else "reduce_margin",
            note["coin"],
        )
        for note in ask.account.noted_under(MARGIN_CHANGES)
    ]
    for entry in ask.exchange.entries(ask.now, wallet=ask.exchange.rules.perp_wallet):
        symbol = ask.exchange.listing(entry.key).symbol if entry.key else ""
        name = {
            EntryKind.FUNDING: "contract_settle_fee",
            EntryKind.TRANSFER: "trans_from_exchange" if entry.amount > 0 else "trans_to_exchange",
        }.get(entry.kind, "buy" if entry.amount > 0 else "sell")
        fee = entry.kind is EntryKind.COMMISSION
        amount, paid = ("0", fixed(entry.amount)) if fee else (fixed(entry.amount), "0")
        rows.append((entry.time_ms, symbol, amount, paid, name, entry.asset))
    found = [
        {
            "billId": str(number),
            "symbol": symbol,
            "amount": amount,
            "fee": paid,
            "feeByCoupon": "",
            "businessType": name,
            "coin": coin,
            "balance": "0",
            "cTime": ms(time),
        }
        for number, (time, symbol, amount, paid, name, coin) in enumerate(sorted(rows), 1)
        if kind in ("", name) and start <= time <= end
    ]
    page = newest(ask, found, 20, 100, lambda each: int(each["billId"]))
    return {"bills": page, "endId": page[-1]["billId"] if page else ""}


# Positions


def position_row(ask: Ask, position: Position) -> dict[str, Any]:
    listing = ask.exchange.listing(position.key)
    long = position.qty > 0
    tier = next((t for t in listing.tiers if abs(position.notional) <= t.cap), listing.tiers[-1])
    isolated = position.margin_mode is MarginMode.ISOLATED
    liquidation = position.liquidation_price
    return {
        "marginCoin": listing.settle,
        "symbol": listing.symbol,
        "holdSide": "long" if long else "short",
        "openDelegateSize": "0",
        "marginSize": fixed(position.isolated_margin if isolated else position.initial_margin),
        "available": size_text(listing, abs(position.qty)),
        "locked": "0",
        "total": size_text(listing, abs(position.qty)),
        "leverage": short(position.leverage),
        "achievedProfits": fixed(position.realised_pnl),
        "openPriceAvg": fixed(position.entry_price),
        "marginMode": mode_text(position.margin_mode),
        "posMode": "one_way_mode" if position.position_side is PositionSide.BOTH else "hedge_mode",
        "unrealizedPL": fixed(position.unrealised),
        "liquidationPrice": "0" if liquidation is None else fixed(liquidation),
        "keepMarginRate": short(tier.rate),
        "markPrice": fixed(position.mark, places_of(listing.tick)),
        "breakEvenPrice": fixed(position.break_even),
        "totalFee": "",
        "deductedFee": "0",
        "takeProfit": "",
        "stopLoss": "",
        "takeProfitId": "",
        "stopLossId": "",
        "marginRatio": "0",
        "assetMode": "single",
        "cTime": ms(position.opened_ms),
        "uTime": ms(position.updated_ms),
    }


def all_positions(ask: Ask) -> list[dict[str, Any]]:
    if not ask.product_type():
        return []
    return [position_row(ask, position) for position in ask.exchange.positions(ask.now) if position.qty]


def single_position(ask: Ask) -> list[dict[str, Any]]:
    listing = ask.perp()
    _margin_coin(ask, listing)
    found = ask.exchange.positions(ask.now, key=listing.key)
    return [position_row(ask, position) for position in found if position.qty]


# Transfers


def transfer(ask: Ask) -> dict[str, str]:
    """A clientOid that was used already gives the answer of then, and moves nothing."""
    source, target = (ask.params.need_one_of(name, _WALLETS) for name in ("fromType", "toType"))
    coin, amount, name = ask.params.need("coin").upper(), ask.params.amount("amount"), ask.params.client_id()
    if source.endswith("margin") or target.endswith("margin"):
        raise BitgetRefusal("40805", "Unsupported operation: paper trading has no margin wallets")
    before = [note for note in ask.account.noted_under(TRANSFERS) if name and note["clientOid"] == name]
    if before:
        return {"transferId": before[0]["transferId"], "clientOid": name}
    try:
        done = ask.exchange.transfer(
            coin, amount, source=wallet_of(ask, source), target=wallet_of(ask, target), now_ms=ask.now, tag=name
        )
    except PaperRefusal as refused:
        if refused.reason is Reason.INSUFFICIENT_BALANCE:
            raise BitgetRefusal("43117", "Exceeds the maximum amount that can be transferred") from None
        raise
    number = str(done.id)
    ask.account.note(
        TRANSFERS,
        {
            "coin": coin, "status": "Successful", "toType": target, "toSymbol": "", "fromType": source,
            "fromSymbol": "", "size": fixed(amount), "ts": ms(ask.now), "clientOid": name, "transferId": number,
        },
    )  # fmt: skip
    return {"transferId": number, "clientOid": name}


def transfer_records(ask: Ask) -> list[dict[str, Any]]:
    coin, (start, end) = ask.params.need("coin").upper(), within(ask)
    source, name = ask.params.one_of("fromType", _WALLETS), ask.params.text("clientOid")
    found = [
        note
        for note in ask.account.noted_under(TRANSFERS)
        if note["coin"] == coin
        and source in ("", note["fromType"])
        and name in ("", note["clientOid"])
        and start <= int(note["ts"]) <= end
    ]
    return newest(ask, found, 100, 500, lambda each: int(each["transferId"]))
