"""Documents to typed rows by the contract: exactly, value by value, or fast in SQL with the same result."""
