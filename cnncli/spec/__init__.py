"""YAML text -> records that know their line and column, and typed readings of those records."""
