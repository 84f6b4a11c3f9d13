"""Atomic files, which are replaced whole or not at all, and temporary folders."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from errno import EISDIR, ENOTDIR
from glob import escape
from pathlib import Path
from shutil import rmtree
from stat import S_IMODE
from tempfile import TemporaryDirectory

from builder.diagnostics import BuildError

_MARK = ".unfinished-"
_STALE = 3600
"""Seconds after which a temporary file is left over, and not still being written."""


@contextmanager
def replacing(path: Path, *, mode: int | None = None) -> Iterator[Path]:
    """Yield a temporary file's path beside `path`; the file becomes `path` if the block succeeds.

    If no mode is given, it is that of an ordinary new file.

    Raises `BuildError` if the file system refuses. After any failure, `path` is unchanged.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(EISDIR, "it is a folder")
        _sweep(path)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}{_MARK}")
    except OSError as error:
        raise BuildError(f"cannot write {str(path)!r}: {error.strerror}") from error
    temporary = Path(name)
    try:
        try:
            yield temporary
            os.fsync(handle)
        finally:
            os.close(handle)
        # mkstemp makes files that only their owner can read, but an output is an ordinary file.
        temporary.chmod(0o666 & ~_umask() if mode is None else S_IMODE(mode))
        # Set its time to now, for make: files replaced together may have been written in any order.
        os.utime(temporary)
        temporary.replace(path)
    except OSError as error:
        # The error may be about another file, which was read to write this one.
        named = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else temporary
        if named != temporary:
            raise BuildError(f"{str(named)!r}: {error.strerror}") from error
        raise BuildError(f"cannot write {str(path)!r}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def filling(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `folder`; its files become files of `folder` if the block succeeds.

    Files of the same names are replaced; all others stay. There may be any number of files, because none is
    held open. Raises `BuildError` if the file system refuses; if the block fails, `folder` is unchanged.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}{_MARK}"))
    except OSError as error:
        raise BuildError(f"cannot write {str(folder)!r}: {error.strerror}") from error
    try:
        yield temporary
        paths = sorted(path.relative_to(temporary) for path in temporary.rglob("*") if path.is_file())
        for path in paths:
            _save(temporary / path)
        for above in {above for path in paths for above in (folder / path).parents}:
            if above.exists() and not above.is_dir():
                raise NotADirectoryError(ENOTDIR, "it is a file", str(above))
        for path in paths:
            if (folder / path).is_dir():
                raise IsADirectoryError(EISDIR, "it is a folder", str(folder / path))
        # Media come first, then the files that refer to them.
        for path in sorted(paths, key=lambda path: -len(path.parts)):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (temporary / path).replace(folder / path)
    except OSError as error:
        named = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else folder
        if named.is_relative_to(temporary):
            named = folder / named.relative_to(temporary)
        if not named.is_relative_to(folder):  # about a file that was read to write these
            raise BuildError(f"{str(named)!r}: {error.strerror or error}") from error
        raise BuildError(f"cannot write {str(named)!r}: {error.strerror or error}") from error
    finally:
        rmtree(temporary, ignore_errors=True)


def _save(path: Path) -> None:
    """Wait until a file is on the disk."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a temporary folder that only this user can read; it is deleted at the end of the block.

    Raises `BuildError` if it cannot be made.
    """
    try:
        # A file that is still in use cannot be deleted; that error must not hide one of the block.
        folder = TemporaryDirectory(prefix="cardpress-", ignore_cleanup_errors=True)
    except OSError as error:
        place = Path(os.fsdecode(error.filename)).parent if error.filename else None
        raise BuildError(_no_room(place, error)) from error
    with folder as name:
        yield Path(name)


@contextmanager
def writing_in(folder: Path) -> Iterator[None]:
    """Raise `BuildError`, with the folder's name, if the file system refuses to write in a temporary folder.

    If a disk is full, the error has no file name, and the message would blame the output file.
    """
    try:
        yield
    except OSError as error:
        named = Path(os.fsdecode(error.filename)) if error.filename else folder
        if not named.is_relative_to(folder):
            raise
        raise BuildError(_no_room(folder.parent, error)) from error


def _no_room(folder: Path | None, error: OSError) -> str:
    where = f"cannot write in the temporary folder {str(folder)!r}: " if folder else ""
    return f"{where}{error.strerror}: set TMPDIR to a folder that has room and can be written"


def _sweep(path: Path) -> None:
    """Delete the temporary files and folders of builds that were killed."""
    for left in path.parent.glob(f".{escape(path.name)}{_MARK}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE:
                rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


@contextmanager
def replacing_together() -> Iterator[ExitStack]:
    """Yield a stack for `replacing`: Ctrl-C takes effect before or after all files are replaced."""
    with _holding_interrupts() as hold, ExitStack() as replacements:
        try:
            yield replacements
        finally:
            hold()


@contextmanager
def _holding_interrupts() -> Iterator[Callable[[], None]]:
    """Yield a function: once it is called, Ctrl-C waits for the end of the block."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None  # Python interrupts the main thread only
        return
    before = signal.getsignal(signal.SIGINT) or signal.SIG_DFL
    held: list[int] = []

    def hold() -> None:
        signal.signal(signal.SIGINT, lambda number, _: held.append(number))

    try:
        yield hold
    finally:
        signal.signal(signal.SIGINT, before)
        if held:
            raise KeyboardInterrupt


def _umask() -> int:
    umask = os.umask(0o022)
    os.umask(umask)
    return umask
