"""Answers for assistants: the published marts behind the Model Context Protocol, read-only.

Not here: the command that starts the server (cli/mcp.py), or any figure of its own: those are of the marts.
"""
