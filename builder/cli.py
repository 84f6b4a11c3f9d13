"""The command line: `cardpress COMMAND`. A command's module is imported only when it is used."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from io import StringIO, TextIOWrapper
from keyword import iskeyword
from pathlib import Path
from signal import SIG_DFL, SIGINT, default_int_handler, getsignal, signal
from types import FrameType
from typing import Any

import click

from builder import __version__
from builder.commands.terminal import is_utf_8, show, tell_fault, with_verbosity
from builder.diagnostics import BuildError
from builder.faults import EXIT_STATUS
from builder.runtime.signals import ENDING
from builder.runtime.workers import end_workers

COMMANDS = (
    "new",
    "import",
    "pull",
    "watch",
    "check",
    "build",
    "outputs",
    "cheatsheet",
    "studysheet",
    "flashcards",
    "plan",
    "export",
    "forget",
    "stats",
    "outdated",
    "completion",
    "schema",
    "doctor",
)
"""Names of the commands: each is a module of `builder.commands`, with a function of the same name.

If Python reserves a name, the module and function have an underscore at the end.
"""

_INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 plus the number of SIGINT."""


class _Group(click.Group):
    """Ends every command in the same way: with a sentence about the reason; --verbose adds the traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command = getattr(import_module(f"builder.commands.{name}"), name)
        assert isinstance(command, click.Command)
        return with_verbosity(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", error.ctx) from None

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        _open_what_is_closed()
        given = args[0] if args else extra.get("args")
        words = sys.argv[1:] if given is None else list(given)
        if given is None:
            _read_names_as_utf_8()
        _print_in_any_encoding()
        with _ended_like_ctrl_c():
            if not standalone_mode:
                return self._click(*args, **extra)
            with _faults_of_threads_told(words):
                raise SystemExit(self._run(words, *args, **extra))

    def _run(self, words: Sequence[str], *args: Any, **extra: Any) -> int:
        """Run a command line and return its exit status; print one sentence about any exception."""
        try:
            status = self._click(*args, **extra)
        except click.ClickException as error:
            return _show_exception(error)
        except click.Abort:
            show("stopped", err=True)
            return _INTERRUPTED
        except Exception as error:
            tell_fault(error, is_verbose=_is_verbose(words))
            return EXIT_STATUS
        return status if isinstance(status, int) else 0

    def _click(self, *args: Any, **extra: Any) -> Any:
        """Run the command line with click, which raises its exceptions here instead of exiting."""
        run: Callable[..., Any] = super().main
        return run(*args, standalone_mode=False, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BuildError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.errno is None:  # raised by a library, not by the system
                raise
            raise click.ClickException(f"{error.filename or 'the system'}: {error.strerror}") from error
        except KeyboardInterrupt:
            end_workers()
            show("stopped", err=True)
            raise SystemExit(_INTERRUPTED) from None


def _show_exception(error: click.ClickException) -> int:
    """Print click's message, which may quote the command line, and return the exit status."""
    text = StringIO()
    error.show(text)
    show(text.getvalue().removesuffix("\n"), err=True)
    return error.exit_code


def _is_verbose(words: Sequence[str]) -> bool:
    """Return whether --verbose is given, even if click has not parsed it yet."""
    return not {"-v", "--verbose"}.isdisjoint(words)


@contextmanager
def _faults_of_threads_told(words: Sequence[str]) -> Iterator[None]:
    """Report a fault in a thread, such as one of the preview, like any other; the command continues."""
    before = threading.excepthook

    def tell(found: threading.ExceptHookArgs) -> None:
        if isinstance(found.exc_value, Exception):
            tell_fault(found.exc_value, is_verbose=_is_verbose(words))

    threading.excepthook = tell
    try:
        yield
    finally:
        threading.excepthook = before


def _open_what_is_closed() -> None:
    """Open the null device for each closed standard stream, for which Python has None."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  (until the end)


def _read_names_as_utf_8() -> None:
    """Start again in Python's UTF-8 mode if the system has another encoding for file names.

    Otherwise, chapters and so learners' tags would have other names, and a title could not be given.
    """
    if sys.getfilesystemencoding() != "utf-8" and sys.executable and not sys.flags.utf8_mode:
        os.environ.setdefault("PYTHONIOENCODING", sys.stdout.encoding)  # the terminal keeps its encoding
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def _print_in_any_encoding() -> None:
    """Print characters as escapes if the encoding of the terminal, or file, lacks them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and not is_utf_8(stream):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """Make SIGTERM, and SIGHUP from a closed window, end the program like Ctrl-C, with a clean-up."""
    signals = [number for number in ENDING if getsignal(number) == SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        signals = []  # Python handles signals in the main thread only

    def end(number: int, frame: FrameType | None) -> None:
        held = getsignal(SIGINT)  # may be SIG_IGN, as in the background of a script
        (held if callable(held) else default_int_handler)(number, frame)

    for number in signals:
        signal(number, end)
    try:
        yield
    finally:
        for number in signals:
            signal(number, SIG_DFL)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cardpress")
def main() -> None:
    """Turn folders of Markdown questions into Anki decks and printable cheat-sheets.

    Example: cardpress new my-corpus
    """


with_verbosity(main)
# Logs of libraries are not for authors; without a handler, the root logger would get one that prints.
logging.getLogger().addHandler(logging.NullHandler())
