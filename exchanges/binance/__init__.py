"""Binance: spot and USDS-margined futures."""
