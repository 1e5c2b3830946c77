"""Pure forecasting: the credit ledger, when credits run out, and what is wasted. Frames in, frames out.

Not here: clocks, disks, environment variables, databases or an orchestrator.
"""
