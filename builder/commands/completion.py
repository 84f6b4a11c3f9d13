"""`cardpress completion`."""

from __future__ import annotations

import click

from builder.commands.terminal import show


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that makes a shell complete what you type.

    Commands and options, and the names of corpora, chapters, tags and questions.

    \b
    bash: add to ~/.bashrc
      eval "$(cardpress completion bash)"
    zsh: add to ~/.zshrc, below compinit
      eval "$(cardpress completion zsh)"
    fish: run once
      cardpress completion fish > ~/.config/fish/completions/cardpress.fish

    Example: cardpress completion bash >> ~/.bashrc
    """  # noqa: D301
    # The backspace (\b) tells click to leave the lines as they are.
    from click.shell_completion import get_completion_class

    complete = get_completion_class(shell)
    assert complete
    show(complete(ctx.find_root().command, {}, "cardpress", "_CARDPRESS_COMPLETE").source())
