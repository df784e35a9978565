"""Blave on paper."""
