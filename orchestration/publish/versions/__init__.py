"""Published versions: built, audited, swapped in, kept, compared."""
