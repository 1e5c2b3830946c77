"""Figures of the published marts for what is chosen; not how they are shown."""
