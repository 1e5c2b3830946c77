"""Status, doctor and the quarantine by reason: read-only views of the installation and its data."""
