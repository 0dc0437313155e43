"""Specs, broken in every way, held against the validator: no traceback, no long wait, no memory without end."""
