"""Widgets the screens and views are made of."""
