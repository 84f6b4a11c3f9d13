"""`cardpress pull`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands.arguments import corpora_argument, corpus_folders, read_and_check, release_as_of
from builder.commands.terminal import say, show
from builder.diagnostics import BuildError
from builder.text import count

if TYPE_CHECKING:
    from builder.anki.release import PackedNote, Release
    from builder.identity.lock import Lock
    from builder.importing.pull import Finding, Publishing, Pulled
    from builder.pipeline.compile import Compiled

_MOST_TAGS = 5


@click.command()
@click.argument("package", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@corpora_argument
@click.option("--deck", default="", help="Take notes of this deck and its subdecks only.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Show what would change as a diff; write nothing.")
def pull(package: Path, corpora: tuple[Path, ...], deck: str, is_dry: bool) -> None:
    """Write what was edited in Anki into the chapters.

    FILE is an .apkg that Anki exported, or a .colpkg with --deck. An edited field changes the lines of its
    question only. What was changed both here and in Anki is a conflict: both are shown, and nothing is
    written. What Markdown cannot say is listed. A CORPUS is a folder with a deck.toml. Default: every corpus
    in the current folder.

    Example: cardpress pull edited.apkg content/flask --dry-run
    """
    from builder.importing.model import SourceError
    from builder.importing.pull import pull as pulled_from
    from builder.importing.pull import read_edited

    stored = read_edited(package, deck)
    checked = read_and_check(
        corpus_folders(corpora), lambda settings: ("apkg",), is_published=True, at_risk="off"
    )
    results: list[Pulled] = []
    try:
        for corpus, lock in checked:
            results.append(pulled_from(stored, _publishing(corpus, lock)))
    except SourceError as error:
        raise BuildError(f"{str(package)!r} {error}") from error
    if not any(result.notes for result in results):
        ids = " or ".join(repr(corpus.settings.id) for corpus, _ in checked)
        raise BuildError(f"{str(package)!r} has no notes of {ids}: export the deck that was built from it")
    for result in results:
        if result.notes:
            _finish(result, is_dry=is_dry)
    if any(found.verdict == "conflict" for result in results for found in result.findings):
        raise SystemExit(1)


def _publishing(corpus: Compiled, lock: Lock) -> Publishing:
    """Return a corpus as it would be published now, and what its lock and its history know."""
    from builder.identity.guid import guid
    from builder.identity.lockfile import past_of
    from builder.identity.numbering import number_questions
    from builder.importing.pull import Publishing, commits_of, published_versions

    past = past_of(corpus.folder)
    commits = commits_of(past)

    @cache
    def release(commit: str) -> Release | None:
        try:
            return release_as_of(corpus, commit)
        except BuildError:
            return None  # by today's rules, it has errors

    def past_note(guid: str, time: int) -> PackedNote | None:
        commit = commits.get((guid, time))
        found = release(commit) if commit else None
        return found.notes.get(guid) if found else None

    return Publishing(
        folder=corpus.folder,
        settings=corpus.settings,
        adopted=corpus.adopted,
        notes=corpus.notes(number_questions(corpus.outline, lock.numbers())),
        questions={guid(corpus.outline, question): question for question in corpus.questions()},
        versions=published_versions(lock, past),
        lock=lock,
        past=past_note,
    )


def _finish(result: Pulled, *, is_dry: bool) -> None:
    """Write the chapters, or show their diffs; say what was left."""
    from builder.runtime.atomic import replacing

    for path, (before, after) in result.texts.items():
        if is_dry:
            show(_diff(path, before, after))
            continue
        with replacing(path, mode=path.stat().st_mode) as temporary:
            temporary.write_bytes(after.encode())
    for found in result.findings:
        for line in _lines(found, is_dry=is_dry):
            (say if found.verdict == "written" else _tell)(line)
    if result.own_tags:
        names = Counter(result.own_tags).most_common(_MOST_TAGS)
        shown = ", ".join(f"{tag} ({number})" for tag, number in names)
        more = len(result.own_tags) - len(names)
        say(f"learners' own tags stay in Anki: {shown}{f', {more} more' if more else ''}")
    if result.added:
        _tell(f"not read: {count(result.added, 'note')} in its decks that no question of the corpus has")
    say(_summary(result, is_dry=is_dry))


def _tell(line: str) -> None:
    show(line, err=True)


def _diff(path: Path, before: str, after: str) -> str:
    lines = unified_diff(before.splitlines(), after.splitlines(), str(path), str(path), lineterm="", n=1)
    return "\n".join(lines)


def _lines(found: Finding, *, is_dry: bool) -> Iterator[str]:
    place = f"{found.place}: {found.question}: {found.field}"
    if found.verdict == "written":
        yield f"{place}: {'would be written' if is_dry else 'written'}" + (
            f" ({found.message})" if found.message else ""
        )
        return
    yield f"{place}: {'conflict' if found.verdict == 'conflict' else 'left'}: {found.message}"
    for side, text in (("here", found.here), ("Anki", found.there)):
        for line in text.split("\n") if found.here or found.there else ():
            yield f"  {side} | {line}"


def _summary(result: Pulled, *, is_dry: bool) -> str:
    counts = Counter(found.verdict for found in result.findings)
    if not result.findings:
        return f"{count(result.notes, 'note')}: nothing was edited in Anki that is not here"
    parts = [
        f"{count(counts['written'], 'field')} {'would be written' if is_dry else 'written'}",
        f"{counts['left']} left" if counts["left"] else "",
        f"{count(counts['conflict'], 'conflict')}" if counts["conflict"] else "",
    ]
    return f"{count(result.notes, 'note')}: {', '.join(filter(None, parts))}"
