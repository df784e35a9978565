"""Venues: what they offer, how they are spoken to, and the gate that every write passes. Knows nothing of MCP."""
