"""Prints results; with --quiet only errors; with --verbose also the time of each step.

No other module prints. This one escapes characters that a terminal would act on.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TextIO, TypeVar

import click

from builder.faults import forget_frames, full_traceback, sentence
from builder.text import ascii_json, printable, printable_json

Verbosity = Literal["quiet", "normal", "verbose"]
_KEY = __name__
_Command = TypeVar("_Command", bound=click.Command)
_LAST_WORDS = (
    b"Error: there is no memory left to say where: this is a fault of cardpress;"
    b" please report it with this command line\n"
)
"""Printed if memory is insufficient even for the sentence about a fault; allocated at the start."""


def with_verbosity(command: _Command) -> _Command:
    """Add the options --quiet and --verbose to a command, and to its subcommands."""
    if not any(param.name == "is_quiet" for param in command.params):
        command.params += (
            _option("-q", "--quiet", "is_quiet", "Print only errors and requested output."),
            _option(
                "-v",
                "--verbose",
                "is_verbose",
                "Print what is read and written, and how long each step took.",
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
    """Return the verbosity of the running command."""
    context = click.get_current_context(silent=True)
    chosen: Verbosity = context.meta.get(_KEY, "normal") if context else "normal"
    return chosen


def show(text: str, *, err: bool = False) -> None:
    """Print a text, of one line or several, on standard output or standard error."""
    click.echo(printable(text), err=err)


def show_json(text: str) -> None:
    """Print JSON on standard output."""
    text = printable_json(text)
    click.echo(text if is_utf_8(sys.stdout) else ascii_json(text))


def is_utf_8(stream: TextIO) -> bool:
    """Return whether a stream can encode every character."""
    return (stream.encoding or "").lower().replace("_", "-") in ("utf-8", "utf8")


def show_styled(text: str, *, is_coloured: bool) -> None:
    """Print styled text on standard error; its parts must have gone through `printable`."""
    click.echo(text, err=True, color=is_coloured)


def say(text: str) -> None:
    """Print a line about a result, unless --quiet is given."""
    if verbosity() != "quiet":
        show(text)


def tell(text: str) -> None:
    """Print a line about a step, on standard error, if --verbose is given."""
    if verbosity() == "verbose":
        show(text, err=True)


def tell_fault(error: BaseException, *, is_verbose: bool | None = None) -> str:
    """Print the sentence about a fault, with --verbose after its traceback; return the sentence."""
    try:
        if verbosity() == "verbose" if is_verbose is None else is_verbose:
            show(full_traceback(error), err=True)
            text = sentence(error, is_traceback_shown=True)
        else:
            forget_frames(error)  # if memory ran out, the sentence needs what the frames hold
            text = sentence(error)
        show(f"Error: {text}", err=True)
    except (MemoryError, RecursionError):
        os.write(sys.stderr.fileno(), _LAST_WORDS)
        return ""
    return text


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print the duration of a step, if --verbose is given."""
    start = time.perf_counter()
    yield
    tell(f"{time.perf_counter() - start:7.2f} s  {name}")
