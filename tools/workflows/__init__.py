"""Workflow tools: several reads, one computation, one picture."""
