"""Publishing: the copy of the marts that readers use, and the report as text, JSON and a page.

Not here: how the marts are made, which night is published, or an orchestrator.
"""

from orchestration.publish.as_json import render_json
from orchestration.publish.export import PublishError
from orchestration.publish.page import render_page
from orchestration.publish.reading import ReportError, load_report, load_reports
from orchestration.publish.report import Report
from orchestration.publish.text import render_text
from orchestration.publish.versions import PublishedVersion, activate, build_version, seal

__all__ = [
    "PublishError",
    "PublishedVersion",
    "Report",
    "ReportError",
    "activate",
    "build_version",
    "load_report",
    "load_reports",
    "render_json",
    "render_page",
    "render_text",
    "seal",
]
