"""The faults that are found while a spec is read, told as rules: one in each file, as `RULE`."""
