"""`credits ...`: every command, in the order of the help.

What a command does is in its own module.
"""

from __future__ import annotations

import io
import sys

import click

from orchestration.cli.alerts import alerts
from orchestration.cli.backtest import backtest
from orchestration.cli.calibrate import calibrate
from orchestration.cli.check import check
from orchestration.cli.completion import completion
from orchestration.cli.connect import connect
from orchestration.cli.dashboard import dashboard
from orchestration.cli.doctor import doctor
from orchestration.cli.export import export
from orchestration.cli.forecast import forecast
from orchestration.cli.forget import forget
from orchestration.cli.options import exit_on_sigterm
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

SECTIONS: dict[str, tuple[click.Command, ...]] = {
    "Run": (sample, connect, check, pull, run, rebuild),
    "Read": (report, status, query, export, dashboard),
    "Forecast": (forecast, backtest, calibrate),
    "Keep": (verify, rollback, forget, publish),
    "Serve": (serve, alerts, doctor, completion),
}


class Sections(click.Group):
    """A group that lists its commands by section."""

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
    configuration; 3 another run holds the data directory.
    """
    exit_on_sigterm()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # names may have letters the terminal cannot show


for section in SECTIONS.values():
    for command in section:
        main.add_command(command)


if __name__ == "__main__":
    sys.exit(main(prog_name="credits"))
