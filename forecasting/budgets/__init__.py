"""Budgets: how much of a period's budget is used by its end, and how good such forecasts have been."""
