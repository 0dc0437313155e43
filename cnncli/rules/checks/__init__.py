"""Rules that look at a spec once it is read: one in each file, as `RULE`."""
