"""Bytes of a landing file to documents: JSON lines, JSON arrays, CSV, Parquet, compressed or not.

What the values mean does not belong here: that is typing/.
"""
