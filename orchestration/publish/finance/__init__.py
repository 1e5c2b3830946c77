"""What finance takes from the published marts: chargeback of a month, and FOCUS."""
