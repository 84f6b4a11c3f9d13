"""The options of all commands that print: `--large-print` and `--without-code`, read by `making.make`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])
_CHOSEN = "cardpress.printing"


def print_options(command: _Command) -> _Command:
    """Add the options of all prints to a command; it gets them from `chosen_printing`, not as parameters."""
    for option in (
        click.option(
            "--without-code",
            is_flag=True,
            expose_value=False,
            callback=_choose,
            help="Leave blocks of code out of answers.",
        ),
        click.option(
            "--large-print",
            is_flag=True,
            expose_value=False,
            callback=_choose,
            help="Print all text larger, for readers with low vision.",
        ),
    ):
        command = option(command)
    return command


def _choose(context: click.Context, option: click.Parameter, value: bool) -> None:
    if value:
        context.meta.setdefault(_CHOSEN, {})[option.name] = True


def chosen_printing() -> Mapping[str, Any]:
    """Return the options of the running command, by the field names of `Print`."""
    context = click.get_current_context(silent=True)
    return context.meta.get(_CHOSEN, {}) if context else {}
