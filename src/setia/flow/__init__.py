"""Gather, decide, record, notify: the only code that composes the rooms."""
