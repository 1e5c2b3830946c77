"""Reads the bytes of a landing file into documents: JSON lines, JSON arrays, CSV, Parquet, compressed or not.

Values are typed in typing/.
"""
