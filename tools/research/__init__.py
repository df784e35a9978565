"""Workflows as computations: data in, tables and plans out."""
