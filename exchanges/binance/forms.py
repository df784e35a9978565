"""The answers of Binance's that are long, by the fields that are read of them."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class Filter(Struct, frozen=True, gc=False, rename="camel"):
    """One rule of a symbol: which fields it has depends on its type.

    https://developers.binance.com/docs/binance-spot-api-docs/filters
    """

    filter_type: str
    tick_size: Decimal | None = None
    step_size: Decimal | None = None
    min_qty: Decimal | None = None
    max_qty: Decimal | None = None
    min_notional: Decimal | None = None
    notional: Decimal | None = None
    multiplier_up: Decimal | None = None
    multiplier_down: Decimal | None = None
    bid_multiplier_up: Decimal | None = None
    bid_multiplier_down: Decimal | None = None
    ask_multiplier_up: Decimal | None = None
    ask_multiplier_down: Decimal | None = None


class Symbol(Struct, frozen=True, gc=False, rename="camel"):
    """A row of exchangeInfo; spot and futures have fields of their own."""

    symbol: str
    status: str
    base_asset: str
    quote_asset: str
    filters: tuple[Filter, ...]
    is_spot_trading_allowed: bool = True
    quote_asset_precision: int | None = None
    contract_type: str | None = None
    margin_asset: str | None = None
    price_precision: int | None = None


class ExchangeInfo(Struct, frozen=True):
    symbols: tuple[Symbol, ...]
