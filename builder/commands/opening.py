"""Opens a file with the program that the user's system has for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

from builder.diagnostics import BuildError

_PATIENCE = 10
"""Seconds after which a running opener counts as successful: some wait for the program's end."""


def open_in_anki(package: Path) -> None:
    """Open a package as a double click does: Anki then imports it.

    Raises `BuildError` if the system has no program for it.
    """
    reason = _refused(package)
    if reason:
        raise BuildError(
            f"the system cannot open {str(package)!r} ({reason}): install Anki, or import it there with"
            " File, Import"
        )


def _refused(path: Path) -> str:
    """Open a file; return the reason if that was not possible, otherwise an empty text."""
    if sys.platform == "win32":
        try:
            os.startfile(path.absolute())
        except OSError as error:
            return str(error.strerror)
        return ""
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        process = subprocess.Popen(
            [opener, str(path.absolute())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in this terminal does not end Anki
        )
    except OSError as error:
        return f"{opener}: {error.strerror}"
    try:
        status = process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        Thread(target=process.wait, daemon=True).start()  # so that the end of the process is noticed
        return ""
    return f"{opener} ended with status {status}" if status else ""
