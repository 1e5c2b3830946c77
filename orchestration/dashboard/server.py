"""Streamlit with the guard of the Dagster UI before it: without, a page elsewhere could read the figures.

Streamlit takes any name of its server that a request gives, so that a site whose name is pointed at this
machine would pass for its own. What is shown is in app.py.
"""

from __future__ import annotations

from starlette.middleware import Middleware
from streamlit.web.cli import main
from streamlit.web.server.starlette import starlette_app

from orchestration.runs.ui_guard import LocalOnly


def guard() -> None:
    """Have every request pass the guard first."""
    build = starlette_app.create_streamlit_middleware
    starlette_app.create_streamlit_middleware = lambda: [Middleware(LocalOnly), *build()]


if __name__ == "__main__":
    guard()
    main(prog_name="streamlit")
