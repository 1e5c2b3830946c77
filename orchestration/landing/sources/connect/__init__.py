"""Looks at a file of another system: whose it is, how it maps, and what becomes of its first records."""
