"""When the credits run out: the distribution of the first day without any left, calibrated and scored.

Not here: what to buy (purchasing/) or how lots are drawn down (ledger.py).
"""
