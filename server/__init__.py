"""The composition root: the only package that reads the environment or knows MCP."""
