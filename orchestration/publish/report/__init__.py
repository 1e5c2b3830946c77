"""The report: one model of it, then sentences, text, JSON and pages, in each language."""
