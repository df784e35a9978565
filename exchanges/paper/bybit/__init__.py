"""Bybit as the paper exchange plays it: one unified account behind one host."""
