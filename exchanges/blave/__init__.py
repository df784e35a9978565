"""Blave's market data."""
