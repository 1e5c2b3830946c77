"""Versions of what is published: built, audited, swapped in, kept, compared."""
