"""Setia: an open loyalty engine."""

__version__ = "0.1.0"
