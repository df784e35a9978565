"""Bitfinex's paper face: spot, margin and funding over one account."""
