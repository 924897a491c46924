"""Maintenance runbooks for a hospital's databases, with a signed execution log."""

__version__ = "0.1.0"
