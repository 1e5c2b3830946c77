"""`credits completion`: the script by which a shell completes commands, options, workspaces and marts.

Which names are offered does not belong here: that is name_completion.py.
"""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

PROGRAM = "credits"
COMPLETE_VARIABLE = "_CREDITS_COMPLETE"
_INSTRUCTIONS = {
    "bash": """\
# Completion of `credits` in bash (4.4 or newer). For every new shell, add to ~/.bashrc:
#   eval "$(credits completion bash)"
# or write it once, so that shells start faster:
#   credits completion bash > ~/.local/share/bash-completion/completions/credits
""",
    "zsh": """\
# Completion of `credits` in zsh. For every new shell, add to ~/.zshrc, after compinit:
#   eval "$(credits completion zsh)"
""",
    "fish": """\
# Completion of `credits` in fish. Write it once:
#   credits completion fish > ~/.config/fish/completions/credits.fish
""",
}


@click.command(short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(list(_INSTRUCTIONS)))
def completion(shell: str) -> None:
    """Print a script by which bash, zsh or fish completes commands, options, workspaces and marts.

    Try it now: eval "$(credits completion bash)"
    """
    kind = get_completion_class(shell)
    assert kind is not None
    script = ShellComplete.source(kind(click.Group(), {}, PROGRAM, COMPLETE_VARIABLE))
    if shell == "zsh":
        # zsh's autoloader looks for this first line
        first, _, rest = script.partition("\n")
        click.echo(f"{first}\n{_INSTRUCTIONS[shell]}{rest}")
        return
    click.echo(_INSTRUCTIONS[shell] + script)
