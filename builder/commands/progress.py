"""Shows the progress of a command in a terminal: a line for each stage, with counts and the time left."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import Any

import click

from builder.commands.terminal import verbosity
from builder.text import one_line

_LABEL = 30


class Display:
    """Shows stages one after another on standard error, if that is a terminal and --quiet is not given."""

    def __init__(self) -> None:
        self._is_hidden = not sys.stderr.isatty() or verbosity() == "quiet"
        self._stage = ExitStack()
        self._bar: Any = None
        self._label = ""
        self._done = 0

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *_: object) -> None:
        self._stage.close()

    def show(self, label: str, done: int, total: int) -> None:
        """Show the progress of a stage; a total of 0 means that it is unknown.

        The same label with a smaller `done` begins another stage.
        """
        if self._is_hidden:
            return
        if label != self._label or done < self._done:
            self._begin(label, total)
        self._bar.update(done - self._done, done)
        self._done = done
        if total and done == total:
            self._stage.close()
            self._label = ""

    def _begin(self, label: str, total: int) -> None:
        self._stage.close()
        self._label, self._done = label, 0
        known = {"length": total, "show_pos": True}
        unknown = {
            "length": sys.maxsize,  # unknown: no bar is shown
            "bar_template": "%(label)s  %(info)s",
            "item_show_func": lambda done: str(done) if done else None,
            "show_eta": False,
            "show_percent": False,
        }
        options: dict[str, Any] = known if total else unknown
        bar = click.progressbar(file=sys.stderr, label=f"{one_line(label):{_LABEL}}", width=20, **options)
        self._bar = self._stage.enter_context(bar)
