"""Graphs and findings as tables, text and data. Everything here returns; nothing prints."""
