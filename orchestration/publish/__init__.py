"""Publishing: the copy of the marts that readers use, and the report as text, JSON and a page.

Not here: how the marts are built, or an orchestrator.
"""
