"""How much a command says: results; with --quiet errors only; with --verbose what takes how long, too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TypeVar

import click

Verbosity = Literal["quiet", "normal", "verbose"]
_KEY = __name__
_Command = TypeVar("_Command", bound=click.Command)


def with_verbosity(command: _Command) -> _Command:
    """Give a command, and those within it, the options --quiet and --verbose."""
    if not any(param.name == "is_quiet" for param in command.params):
        command.params += (
            _option("-q", "--quiet", "is_quiet", "Say nothing but errors, and what was asked for."),
            _option(
                "-v", "--verbose", "is_verbose", "Say what is read and written, and how long each step took."
            ),
        )
    if isinstance(command, click.Group):
        for within in command.commands.values():
            with_verbosity(within)
    return command


def _option(short: str, long: str, name: str, text: str) -> click.Option:
    return click.Option([short, long, name], is_flag=True, expose_value=False, callback=_choose, help=text)


def _choose(ctx: click.Context, param: click.Parameter, is_chosen: bool) -> None:
    if not is_chosen:
        return
    chosen = "quiet" if param.name == "is_quiet" else "verbose"
    if ctx.meta.setdefault(_KEY, chosen) != chosen:
        raise click.UsageError("--quiet and --verbose contradict each other: give one of them")


def verbosity() -> Verbosity:
    """Return how much the running command is to say."""
    context = click.get_current_context(silent=True)
    chosen: Verbosity = context.meta.get(_KEY, "normal") if context else "normal"
    return chosen


def say(text: str) -> None:
    """Print a line about what was done, unless only errors are wanted."""
    if verbosity() != "quiet":
        click.echo(text)


def tell(text: str) -> None:
    """Print a line about how it was done, where that is wanted: on standard error, beside results."""
    if verbosity() == "verbose":
        click.echo(text, err=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Tell how long a step took."""
    start = time.perf_counter()
    yield
    tell(f"{time.perf_counter() - start:7.2f} s  {name}")
