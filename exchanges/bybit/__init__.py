"""Bybit: spot and linear perpetuals of a unified trading account, over the V5 API."""
