"""`credits ...`: every command, in the order of the help.

What a command does is in its own module.
"""

from __future__ import annotations

import io
import signal
import sys
from typing import Any

import click

from orchestration.cli.alerts import alerts
from orchestration.cli.backtest import backtest
from orchestration.cli.calibrate import calibrate
from orchestration.cli.check import check
from orchestration.cli.completion import completion
from orchestration.cli.connect import connect
from orchestration.cli.dashboard import dashboard
from orchestration.cli.digest import digest
from orchestration.cli.doctor import doctor
from orchestration.cli.export import export
from orchestration.cli.forecast import forecast
from orchestration.cli.forget import forget
from orchestration.cli.mcp import mcp
from orchestration.cli.options import Interrupted
from orchestration.cli.publish import publish
from orchestration.cli.pull import pull
from orchestration.cli.query import query
from orchestration.cli.rebuild import rebuild
from orchestration.cli.report import report
from orchestration.cli.rollback import rollback
from orchestration.cli.run import run
from orchestration.cli.sample import sample
from orchestration.cli.serve import serve
from orchestration.cli.status import status
from orchestration.cli.verify import verify
from orchestration.visible_text import VisibleStream

SECTIONS: dict[str, tuple[click.Command, ...]] = {
    "Run": (sample, connect, check, pull, run, rebuild),
    "Read": (report, status, query, export, dashboard),
    "Forecast": (forecast, backtest, calibrate),
    "Keep": (verify, rollback, forget, publish),
    "Serve": (serve, mcp, alerts, digest, doctor, completion),
}


class Sections(click.Group):
    """A group that lists its commands by section."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command, of which even a refusal of its name is printed through the one door."""
        sys.stdout, sys.stderr = _shown(sys.stdout), _shown(sys.stderr)
        return super().main(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; Ctrl-C and SIGTERM end it in one sentence."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each section, one line per command."""
        width = max(len(name) for name in self.commands)
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(f"{command.name:<{width}}", command.get_short_help_str()) for command in commands]
                )


@click.group(cls=Sections, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="credit-usage-analytics", prog_name="credits")
def main() -> None:
    """Show where AI-generation credits go, and when they run out.

    Exit codes: 0 done; 1 failed, or a critical check failed and nothing was published; 2 wrong use or
    configuration; 3 another run holds the data directory; 130 interrupted.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _shown(stream: Any) -> Any:
    """The stream for people: it shows what it can of each letter, and obeys none."""
    if isinstance(stream, io.TextIOWrapper):
        # click would write past a stream that it takes for misconfigured
        encoding = "utf-8" if stream.encoding.lower() in ("ascii", "ansi_x3.4-1968", "us-ascii") else None
        stream.reconfigure(encoding=encoding, errors="replace")
    return stream if isinstance(stream, VisibleStream) else VisibleStream(stream)


for section in SECTIONS.values():
    for command in section:
        main.add_command(command)


if __name__ == "__main__":
    sys.exit(main(prog_name="credits"))
