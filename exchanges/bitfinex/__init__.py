"""Bitfinex: spot, margin and funding."""
