"""`credits completion`: what a shell needs to complete commands, options, workspaces and marts.

What is offered for names does not belong here: that is completing.py.
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
# or, which starts faster, write it once:
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


@click.command()
@click.argument("shell", type=click.Choice(list(_INSTRUCTIONS)))
def completion(shell: str) -> None:
    """A script that lets bash, zsh or fish complete commands, options, workspaces and marts.

    Try it at once: eval "$(credits completion bash)"
    """
    kind = get_completion_class(shell)
    assert kind is not None
    script = ShellComplete.source(kind(click.Group(), {}, PROGRAM, COMPLETE_VARIABLE))
    if shell == "zsh":
        # a first line that zsh's autoloader looks for stays the first
        first, _, rest = script.partition("\n")
        click.echo(f"{first}\n{_INSTRUCTIONS[shell]}{rest}")
        return
    click.echo(_INSTRUCTIONS[shell] + script)
