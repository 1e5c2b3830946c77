"""Status, doctor, and what the quarantine holds and why: read-only views of how the installation is."""
