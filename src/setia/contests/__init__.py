"""Contests: entries, what staff said of them, votes and results, in PostgreSQL."""
