"""What is known of runs: the lock, history, event log, interrupted runs, the warehouse of a run.

Nothing here starts one; that is operations/.
"""
