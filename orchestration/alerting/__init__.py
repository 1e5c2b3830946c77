"""Alerts: what somebody should be told of, whom it was told to already, and telling it.

Not here: when anybody asks (defs/alerts.py, cli_alerts.py). Nothing here is part of a run.
"""
