"""Delivery: deciding, pacing, sending and settling."""
