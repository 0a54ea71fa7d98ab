"""Drops: lines in which people stand for scarce rewards, in PostgreSQL."""
