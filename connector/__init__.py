"""Loyalty offers in guests' accounts before the marketing message arrives."""

__version__ = "0.1.0"
