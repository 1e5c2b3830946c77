"""Headless Chromium for tests of what a person sees; they are skipped without it.

Not here: the pages.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A running headless Chromium, by Playwright."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("browser tests need Chromium; none was found. Install it: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def opened(
    chromium: Any, url: str, *, width: int = 1280, height: int = 900, **options: Any
) -> Iterator[tuple[Any, list[str]]]:
    """A page at a size in pixels, and the URLs it has requested so far."""
    context = chromium.new_context(viewport={"width": width, "height": height}, **options)
    try:
        page = context.new_page()
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(url)
        yield page, requests
    finally:
        context.close()
