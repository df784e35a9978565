"""Bitget: spot and futures of the classic account (API v2)."""
