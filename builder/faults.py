"""Faults of cardpress: unexpected exceptions, with the chapter and the question that each came from.

Work on a chapter, a question or an output is done in a `with` statement with its name. That costs almost
nothing; an exception gets the name as a note (PEP 678), also in another process.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from builder.diagnostics import BuildError, Location
from builder.text import one_line

EXIT_STATUS = 70
"""Exit status of a fault: EX_SOFTWARE of sysexits.h, an internal software error."""
_AT, _MAKING = "cardpress was at ", "cardpress was making "
_LONGEST = 200
"""Maximum characters of an exception's message to show."""
_Part = TypeVar("_Part")


class Work:
    """A context manager that adds its place, as a note, to each unexpected exception that leaves it."""

    __slots__ = ("_kind", "_place")

    def __init__(self, kind: str, *place: object) -> None:
        self._kind = kind
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, BuildError):
            self.note(error)

    def note(self, error: Exception) -> None:
        """Add the place to an exception, unless it has one of this kind: the innermost is the most exact."""
        if not any(note.startswith(self._kind) for note in _notes(error)):
            error.add_note(self._kind + str(self))

    def __str__(self) -> str:
        match self._place:
            case (Location() as location, str(name)):
                return f"{location.path}:{location.line}, question {name!r}"
            case _:
                return str(self._place[0])


def at_chapter(path: Path) -> Work:
    """Return the context for work on a chapter's file, or on a corpus's folder."""
    return Work(_AT, path)


def at_question(location: Location, name: str) -> Work:
    """Return the context for work on a question; `name` is its id, or else its prompt."""
    return Work(_AT, location, name)


def making(what: str) -> Work:
    """Return the context for making an output: `the studysheet of flask`."""
    return Work(_MAKING, what)


def pin_down(
    error: Exception, try_again: Callable[[_Part], object], parts: Iterable[tuple[Work, _Part]]
) -> None:
    """Repeat work in parts, and add the place of the first part that raises an exception of the same type.

    It is for work on a whole chapter at once. After a MemoryError, nothing is repeated.
    """
    if isinstance(error, MemoryError):
        return
    for work, part in parts:
        try:
            try_again(part)
        except type(error):
            work.note(error)
            return
        except Exception:
            continue


class WorkerError(Exception):
    """Replaces an exception in another process that cannot be pickled: its name and its message."""


def sendable(error: Exception) -> Exception:
    """Return an exception, or a `WorkerError` if it cannot be pickled for another process."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        fault = WorkerError(_named(error))
        for note in _notes(error):
            fault.add_note(note)
        return fault
    return error


def sentence(error: BaseException, *, is_traceback_shown: bool = False) -> str:
    """Return a sentence about a fault: its place, its exception, and how to report it."""
    notes = [note for each in _chain(error) for note in _notes(each)]
    places = [note.removeprefix(_AT) for note in notes if note.startswith(_AT)]
    made = [note.removeprefix(_MAKING) for note in notes if note.startswith(_MAKING)]
    where = "".join(f"{place}: " for place in (*places[:1], *made[:1]))
    shown = "the traceback above" if is_traceback_shown else "the output of --verbose"
    return one_line(
        f"{where}this is a fault of cardpress ({_named(error)});"
        f" please report it with this command line, {shown} and what cardpress doctor prints"
    )


def full_traceback(error: BaseException) -> str:
    """Return the traceback of an exception and its causes, for a report."""
    return "".join(traceback.format_exception(error)).rstrip("\n")


def forget_frames(error: BaseException) -> None:
    """Free the local variables in the frames of an exception's traceback."""
    for each in _chain(error):
        traceback.clear_frames(each.__traceback__)


def _named(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split(None))
    except Exception:
        text = ""
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    name = type(error).__name__
    if isinstance(error, WorkerError):
        return text
    return f"{name}: {text}" if text else name


def _notes(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, then its causes."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__
