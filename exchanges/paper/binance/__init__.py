"""Binance on paper: one face for spot, one for USDS-margined futures."""
