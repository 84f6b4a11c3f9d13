"""The corpora that a command is about: found, read, checked, and what is wrong with them reported."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from stat import S_ISDIR
from sys import maxsize
from typing import TYPE_CHECKING, Literal

import click

from builder.commands.findings import show_all
from builder.commands.terminal import step, tell
from builder.diagnostics import BuildError, Diagnostic, Severity, has_errors
from builder.project import mended, project_cache, shared_ids
from builder.text import count

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from builder.anki.release import Release
    from builder.corpus.model import ChapterOutline, Outline
    from builder.identity.lock import Lock
    from builder.pipeline.compile import Compiled

CONTENT = Path("content")
_FIRST_DECKS = 1_600_000_000
"""September 2020: no deck of ours is older, but some systems set the time of a build to 0 or 1980."""
_LAST_DECKS = 7_258_118_400
"""The year 2200. The lock has room for times that are later still, since a change is dated after the last."""


class _CorpusFolder(click.Path):
    """A folder; a shell completes the corpora that are here, and all folders where none fits."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        try:
            here = [str(folder) for folder in corpus_folders(())]
        except click.UsageError:
            here = []
        fitting = [
            CompletionItem(folder)
            for folder in here
            if folder.startswith(incomplete) and folder.isprintable()
        ]
        return fitting or super().shell_complete(ctx, param, incomplete)


corpora_argument = click.argument(
    "corpora",
    metavar="[CORPUS]...",
    nargs=-1,
    type=_CorpusFolder(exists=True, file_okay=False, path_type=Path),
)


def user_folder() -> Path:
    """Return the folder in which the user's own files of cardpress lie, where the system keeps such."""
    return Path(click.get_app_dir("cardpress"))


def corpus_folders(corpora: Sequence[Path]) -> list[Path]:
    """Return the folders that were named, each once.

    Where none was, those that are here: this folder, or all in content/, or all in this folder.
    """
    if corpora:
        return list(dict.fromkeys(corpora))
    from builder.corpus.files import LOCK_FILE
    from builder.corpus.settings import SETTINGS_FILE

    # A folder with a lock and no deck.toml has lost it.
    names = (SETTINGS_FILE, LOCK_FILE)
    for pattern in ("", f"{CONTENT}/*/", "*/"):
        if folders := sorted({path.parent for name in names for path in Path().glob(pattern + name)}):
            return folders
    raise click.UsageError(
        f"there is no corpus here, neither {SETTINGS_FILE} nor */{SETTINGS_FILE} nor"
        f" {CONTENT}/*/{SETTINGS_FILE}: name its folder, or start one: cardpress new my-corpus"
    )


def read_and_check(
    folders: Sequence[Path],
    *,
    is_printed: bool = False,
    is_rendered: bool = True,
    is_published: bool = False,
    at_risk: Severity | Literal["off"] = "warning",
    on_chapter: Callable[[str, int, int], None] = lambda name, done, of: None,
) -> list[tuple[Compiled, Lock]]:
    """Read corpora and locks; leaves with status 1 where there is an error, after naming all of them.

    What is published needs git's memory of the lock, too. `at_risk` is how serious it is that reviews are.
    """
    read, diagnostics = examine(
        folders, is_printed=is_printed, is_rendered=is_rendered, on_chapter=on_chapter
    )
    if is_published:
        diagnostics = _with_history(read, diagnostics)
    if at_risk != "warning":
        from builder.identity.vanished import AT_RISK

        risks = [found for found in diagnostics if found.code in AT_RISK]
        diagnostics = [found for found in diagnostics if found.code not in AT_RISK]
        if at_risk != "off":
            diagnostics += (replace(found, severity=at_risk) for found in risks)
    report(diagnostics, [compiled.outline for compiled, _ in read])
    return read


def _with_history(
    read: Sequence[tuple[Compiled, Lock]], diagnostics: Sequence[Diagnostic]
) -> list[Diagnostic]:
    """Return what there is to say about corpora where git is asked, too: it may know what the lock forgot."""
    from builder.identity.lockfile import check_history, recall
    from builder.identity.vanished import UNKNOWN_FORMER_ID, check_former_ids

    found = list(diagnostics)
    for compiled, lock in read:
        unread = list(check_history(compiled.folder))
        found += unread
        if not has_errors(unread) and any(each.code == UNKNOWN_FORMER_ID.name for each in found):
            forgotten = {*check_former_ids(compiled.outline, lock)}
            known = recall(compiled.outline, lock, maxsize)
            forgotten -= {*check_former_ids(compiled.outline, known)}
            found = [each for each in found if each not in forgotten]
    return found


def examine(
    folders: Sequence[Path],
    *,
    is_printed: bool = False,
    is_rendered: bool = True,
    on_chapter: Callable[[str, int, int], None] = lambda name, done, of: None,
) -> tuple[list[tuple[Compiled, Lock]], list[Diagnostic]]:
    """Read corpora and locks, with all that there is to say about them."""
    from builder.identity.lockfile import read_corpus_lock
    from builder.pipeline.compile import compile_corpus

    read: list[tuple[Compiled, Lock]] = []
    diagnostics: list[Diagnostic] = []
    cache = project_cache(user_folder())
    for folder in folders:
        fresh = 0

        def count_chapter(done: int, of: int, name: str = folder.resolve().name) -> None:
            nonlocal fresh
            fresh = of
            on_chapter(name, done, of)

        with step(f"read and checked {folder}"):
            compiled = compile_corpus(
                folder, cache, is_rendered=is_rendered, is_printed=is_printed, on_chapter=count_chapter
            )
        chapters = len(compiled.chapters)
        tell(f"{'':11}{count(chapters, 'chapter')}, {chapters - fresh} from the cache in {cache.folder}")
        lock, damage = read_corpus_lock(compiled.outline)
        read.append((compiled, lock))
        diagnostics += (*compiled.found(is_printed=is_printed), *damage)
    diagnostics += shared_ids([compiled.outline for compiled, _ in read])
    return read, diagnostics


def report(diagnostics: Sequence[Diagnostic], corpora: Sequence[Outline] = ()) -> None:
    """Print diagnostics in order; leaves with status 1 if there is an error."""
    show_all(diagnostics, mended(diagnostics, corpora))
    if has_errors(diagnostics):
        raise SystemExit(1)


def build_time() -> int:
    """Return the time, in seconds, that a build stamps on what changed.

    SOURCE_DATE_EPOCH stands in for the clock (https://reproducible-builds.org/specs/source-date-epoch/).
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given:
        now = int(time.time())
        if not _FIRST_DECKS <= now < _LAST_DECKS:
            raise BuildError(
                f"the clock of this machine says that it is the year {time.gmtime(now).tm_year}: set it"
                " right, since a build dates what changed by it"
            )
        return now
    is_time = given.isascii() and given.isdecimal() and len(given) <= len(str(_LAST_DECKS))
    if not is_time or not _FIRST_DECKS <= int(given) < _LAST_DECKS:
        shown = repr(given if len(given) <= 40 else f"{given[:40]}…")
        raise BuildError(
            f"SOURCE_DATE_EPOCH is {shown}: it must be a time in seconds, from {_FIRST_DECKS}"
            f" (September 2020) to {_LAST_DECKS - 1} (the end of 2199)"
        )
    return int(given)


def chapter_named(name: str) -> tuple[Outline, ChapterOutline]:
    """Find the chapter that is meant by `06-contexts.md`, `flask/6` or `contexts`, and its corpus."""
    from builder.pipeline.compile import compile_corpus

    path = Path(name)
    if path.is_dir():
        raise click.BadParameter(f"{name!r} is a corpus: name a chapter of it, as in {path / '1'}")
    cache = project_cache(user_folder())
    corpora = [compile_corpus(folder, cache, is_rendered=False).outline for folder in _folders(path)]
    chapters = [(corpus, chapter) for corpus in corpora for chapter in corpus.chapters]
    found = [(corpus, chapter) for corpus, chapter in chapters if path.name in _names(chapter)]
    if len(found) == 1:
        return found[0]
    if found:
        several = " or ".join(str(chapter.path) for _, chapter in found)
        raise click.BadParameter(f"{name!r} may be {several}: name the corpus too")
    known = ", ".join(str(chapter.path) for _, chapter in chapters) or "none yet"
    raise click.BadParameter(f"there is no chapter {name!r}; the chapters are: {known}")


def _names(chapter: ChapterOutline) -> tuple[str, ...]:
    path = chapter.path
    return (path.name, path.stem, chapter.slug, str(chapter.number), path.stem.partition("-")[0])


def _folders(path: Path) -> list[Path]:
    """Return the corpora in which a chapter may lie: the one that is named with it, or all that are here."""
    from builder.corpus.settings import SETTINGS_FILE

    if len(path.parts) == 1:
        return corpus_folders(())
    for folder in (path.parent, CONTENT / path.parent):
        if (folder / SETTINGS_FILE).is_file():
            return [folder]
    raise click.BadParameter(
        f"{str(path.parent)!r} is no corpus: it has no {SETTINGS_FILE};"
        f" cardpress new {path.parent} starts one"
    )


def releases_in(against: str, corpus_ids: Sequence[str]) -> Mapping[str, Release] | None:
    """Read what the package that `against` names holds of corpora, by their ids; None where it names no file.

    Raises `BuildError` for what is no package, and for one that holds nothing of any of them.
    """
    if not _is_in_the_file_system(against):
        return None
    from builder.anki.read import read_releases

    return read_releases(Path(against), corpus_ids)


def release_as_of(corpus: Compiled, revision: str) -> Release:
    """Return what a build of a corpus's earlier commit brought; its files are kept until the command ends."""
    from builder.pipeline.releases import release_at

    return click.get_current_context().with_resource(release_at(corpus.folder, revision, corpus.cache))


def _is_in_the_file_system(name: str) -> bool:
    """Tell whether a name is that of a file of any kind; a folder may be called as a branch is."""
    try:
        return not S_ISDIR(Path(name).stat().st_mode)
    except (OSError, ValueError):
        return False
