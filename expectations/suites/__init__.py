"""The gates, one module for each layer or subject.

Not here: how a gate is run (runner.py).
"""
