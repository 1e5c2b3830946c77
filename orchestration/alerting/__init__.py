"""Alerts: which events there are, which were sent already, and sending them.

When they are sent does not belong here: defs/alerts.py and cli/alerts.py. Nothing here is part of a run.
"""
