"""A lock's history in git: earlier versions that learners may have, and entries that the lock lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from builder.identity.lock import (
    LATEST_MOD,
    MERGED,
    Entry,
    Lock,
    NoteEntry,
    TypeEntry,
    read_chapter_number,
    read_entry,
    with_past,
)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit, and its changes to a file."""

    id: str
    parents: tuple[str, ...]
    """Nearest ancestors that changed the file."""
    lines: tuple[str, ...]
    """Lines that it removed or added."""


_Version = tuple[int, str]
"""Time and hash of a version of an entry."""
_Versions = dict[_Version, str]
"""Versions of an entry, each with the note's number at that time."""


def remember(lock: Lock, past: Sequence[Commit], *, until: int) -> Lock:
    """Return a lock completed from its earlier versions, up to a time in seconds.

    `past` are the commits, each after its parents. The latest version of each entry counts: after `git
    revert`, or on an older branch, the lock itself is older than what learners have. Lost entries are added
    again. Lines that cannot be read are skipped.
    """
    everything: tuple[Entry, ...] = (*lock.notes.values(), *lock.types.values())
    own = {entry.key: entry for entry in everything}
    if not past:
        return replace(lock, latest={key: entry.mod for key, entry in own.items()})
    entries = dict(own)
    states: dict[str, list[NoteEntry]] = defaultdict(list)
    versions: dict[str, _Versions] = defaultdict(dict)
    brought: dict[str, dict[_Version, set[int]]] = defaultdict(lambda: defaultdict(set))
    for number, commit in enumerate(past):
        for key, entry in _entries(commit.lines, until):
            if isinstance(entry, NoteEntry):
                if key not in own and entry.state == "sample":
                    continue  # samples leave no entry
                states[key].append(entry)
            if key not in own:
                entries[key] = entry
            versions[key].setdefault((entry.mod, entry.hash), _number_of(entry))
            brought[key][entry.mod, entry.hash].add(number)
    for key, entry in own.items():
        version = (entry.mod, entry.hash)
        versions[key].setdefault(version, _number_of(entry))
        if version not in brought[key]:  # not committed yet
            brought[key][version].add(len(past))
    ancestors = _ancestors(past)
    settled = {
        key: _settled(
            with_past(entry, states[key]) if isinstance(entry, NoteEntry) else entry,
            {**versions[key], **_unseen(brought[key], ancestors)},
        )
        for key, entry in entries.items()
    }
    return replace(
        lock,
        chapters={**_chapters(past), **lock.chapters},
        notes={entry.guid: entry for entry in settled.values() if isinstance(entry, NoteEntry)},
        types={entry.name: entry for entry in settled.values() if isinstance(entry, TypeEntry)},
        latest={key: max(mod for mod, _ in found) for key, found in versions.items() if found},
    )


def _chapters(past: Sequence[Commit]) -> dict[str, int]:
    """Return the numbers of chapters that any commit had."""
    found: dict[str, int] = {}
    for commit in past:
        for line in commit.lines:
            if line.startswith("chapter "):
                with suppress(ValueError):
                    name, number = read_chapter_number(line.removeprefix("chapter "))
                    found.setdefault(name, number)
    return found


def committed(past: Sequence[Commit]) -> set[str]:
    """Return the keys of all entries that any commit ever had: of notes, their GUIDs."""
    return {key for commit in past for key, _ in _entries(commit.lines, LATEST_MOD)}


def _ancestors(past: Sequence[Commit]) -> list[frozenset[int]]:
    """Return the indices of each commit's ancestors, and last, for uncommitted changes, all indices."""
    numbers = {commit.id: number for number, commit in enumerate(past)}
    found: list[frozenset[int]] = []
    for commit in past:
        parents = [numbers[parent] for parent in commit.parents if parent in numbers]
        found.append(frozenset(parents).union(*(found[parent] for parent in parents)))
    return [*found, frozenset(range(len(past)))]


def _unseen(brought: Mapping[_Version, Collection[int]], ancestors: Sequence[frozenset[int]]) -> _Versions:
    """Return versions that were built but never committed, each with the time before which it was built.

    A build gives a new time only to a note that changed. If a commit has the same text as the latest version
    before it, but a later time, another version was built in between.
    """
    unseen: _Versions = {}
    for version, commits in brought.items():
        reasons = []
        for commit in commits:
            before = [other for other, places in brought.items() if not ancestors[commit].isdisjoint(places)]
            if version not in before:
                latest = max(before, default=(0, ""))
                reasons.append(latest[1] == version[1] and latest[0] < version[0])
        if reasons and all(reasons):
            unseen[version[0] - 1, "unseen"] = ""
    return unseen


def _number_of(entry: Entry) -> str:
    return entry.number if isinstance(entry, NoteEntry) else ""


def _entries(lines: Sequence[str], until: int) -> Iterator[tuple[str, Entry]]:
    for line in lines:
        try:
            entry = read_entry(line)
        except ValueError:
            continue
        # A later time came from a machine whose clock was wrong, and was corrected since.
        if entry.mod <= until:
            yield entry.key, entry


def _settled(entry: Entry, versions: _Versions) -> Entry:
    """Return an entry as its latest version, dated from when it has stayed the same."""
    latest = max(mod for mod, _ in versions)
    hashes = [hash_ for mod, hash_ in versions if mod == latest]
    if len(hashes) > 1:
        return replace(entry, hash=MERGED, mod=latest)
    (hash_,) = hashes
    others = max((mod for mod, other in versions if other != hash_), default=-1)
    number = versions[latest, hash_]
    if isinstance(entry, NoteEntry) and _home(number) == _home(entry.number):
        entry = replace(entry, number=number)
    return replace(entry, hash=hash_, mod=min(mod for mod, _ in versions if mod > others))


def _home(number: str) -> str:
    """Return the parent of a number: of 6.2 the chapter, 6., of 6.2a the question, 6.2."""
    return (
        number.rstrip("abcdefghijklmnopqrstuvwxyz") if number[-1:].isalpha() else number.rstrip("0123456789")
    )
