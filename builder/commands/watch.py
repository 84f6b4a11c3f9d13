"""`cardpress watch`."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from stat import S_ISREG
from typing import TYPE_CHECKING

import click

from builder.commands.arguments import base_folder, corpora_argument, corpus_folders, user_folder
from builder.commands.findings import show_each
from builder.commands.terminal import say, show, tell_fault, verbosity
from builder.diagnostics import BuildError
from builder.project import project_cache
from builder.runtime.atomic import replacing
from builder.text import count

if TYPE_CHECKING:
    from builder.preview.session import Saved

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,}")
_EDITOR = "vscode://file/{path}:{line}:{column}"


def _template(ctx: click.Context, param: click.Parameter, value: str) -> str:
    try:
        value.format(path="p", line=1, column=1)
    except (LookupError, ValueError) as error:
        raise click.BadParameter(
            f"{value!r} is not an address with {{path}}, {{line}} and {{column}} in it"
        ) from error
    return value


@click.command()
@corpora_argument
@click.option("--open", "is_opened", is_flag=True, help="Open the preview in the browser.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Serve on this port. Default: the first free port from 8765.",
)
@click.option(
    "--editor",
    metavar="ADDRESS",
    default=_EDITOR,
    show_default=True,
    envvar="CARDPRESS_EDITOR",
    callback=_template,
    help="Address that a link to a line opens. To keep it, set CARDPRESS_EDITOR in the environment.",
)
def watch(corpora: tuple[Path, ...], is_opened: bool, port: int | None, editor: str) -> None:
    """Show cards and problems in a browser while you write.

    Cards look as in Anki and follow every save, with the PDFs beside them. The address works on this
    machine only. Neither deck.lock nor dist/ is written. Ctrl-C ends it.

    Example: cardpress watch content/flask --open
    """
    from builder.design.styles import FOLDER
    from builder.preview.session import watching
    from builder.preview.watcher import saves

    folders = corpus_folders(corpora)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with watching(
            folders,
            port=port,
            cache=project_cache(user_folder(), base_folder()),
            editor=editor,
            clock=time.time,
            tell=partial(tell_fault, is_verbose=verbosity() == "verbose"),
            token=_token(),
        ) as (session, server, opened):
            _report(opened)
            show(f"{server.url} shows them; Ctrl-C ends it")
            if is_opened:
                click.launch(server.url_for_once())
            for changed in saves([*folders, FOLDER]):
                try:
                    # The first set is empty and starts watching: read everything, in case of a save before.
                    saved = session.follow(changed or folders)
                except (BuildError, OSError) as error:  # a file is gone again, or git is busy
                    show(f"{error}; save once more", err=True)
                    continue
                except Exception as error:
                    session.fail(error)
                    continue
                if saved:
                    _report(saved)
    except KeyboardInterrupt:
        show("")


def _token() -> str:
    """Return the secret part of the addresses of a user's previews.

    It is stored in a file that only the user can read, so that bookmarks and open pages keep working. If it
    cannot be stored, it is valid for this run only.
    """
    path = user_folder() / "preview-token"
    with suppress(OSError, UnicodeDecodeError):
        status = path.lstat()
        # On Windows, a user's folder is private already.
        is_private = S_ISREG(status.st_mode) and (
            sys.platform == "win32" or (status.st_uid == os.getuid() and not status.st_mode & 0o077)
        )
        kept = path.read_text(encoding="ascii").strip() if is_private else ""
        if _TOKEN.fullmatch(kept):
            return kept
    token = token_urlsafe(16)
    with suppress(OSError, BuildError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing(path, mode=0o600) as replacement:
            replacement.write_text(token, encoding="ascii", newline="\n")
    return token


def _report(saved: Saved) -> None:
    """Print a line about a save, and its new findings."""
    show_each(saved.new)
    found = (
        count(saved.errors, "error") if saved.errors else "",
        count(saved.warnings, "warning") if saved.warnings else "",
    )
    say(", ".join(filter(None, (saved.what, f"{saved.seconds * 1000:.0f} ms", *found))))
