"""Finds, reads and checks the corpora, chapters and releases of a command line; reports findings."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from stat import S_ISDIR
from sys import maxsize
from typing import TYPE_CHECKING, Literal

import click

from builder.commands.findings import show_all
from builder.commands.terminal import step, tell
from builder.diagnostics import BuildError, Diagnostic, Severity, has_errors
from builder.pipeline.outputs import OUTPUTS, concerns, outputs_of
from builder.project import fixable, project_cache, shared_ids
from builder.text import count, is_line

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from builder.anki.release import Release
    from builder.corpus.model import ChapterOutline, Outline, Settings
    from builder.identity.lock import Lock
    from builder.pipeline.compile import Compiled

CONTENT = Path("content")
_FIRST_DECKS = 1_600_000_000
"""Earliest time of a build (September 2020), in seconds: some systems set the time to 0 or to 1980."""
_LAST_DECKS = 7_258_118_400
"""End of valid build times: the year 2200. The lock can hold later ones, dated after the last change."""


class _CorpusFolder(click.Path):
    """A corpus's folder, or a file in it; completion offers the corpora here, or all folders."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        try:
            here = [str(folder) for folder in corpus_folders(())]
        except click.UsageError:
            here = []
        fitting = [
            CompletionItem(folder) for folder in here if folder.startswith(incomplete) and is_line(folder)
        ]
        return fitting or [CompletionItem(incomplete, type="dir")]


corpora_argument = click.argument(
    "corpora",
    metavar="[CORPUS]...",
    nargs=-1,
    type=_CorpusFolder(exists=True, path_type=Path),
)


def user_folder() -> Path:
    """Return the folder of the user's own cardpress files, at the system's usual place."""
    return Path(click.get_app_dir("cardpress"))


def corpus_folders(corpora: Sequence[Path]) -> list[Path]:
    """Return the named corpora, each once; a file or a folder in a corpus names it, too.

    Without names, return the corpora here: the current folder, or those in content/, or those in the current
    folder, or the one that contains it.
    """
    from builder.corpus.settings import SETTINGS_FILE

    if corpora:
        return list(dict.fromkeys(folder for named in corpora for folder in _corpora_of(named)))
    if folders := _corpora_below(Path()):
        return folders
    if above := corpus_above(Path()):
        return [above]
    raise click.UsageError(
        f"no corpus here (no {SETTINGS_FILE}, */{SETTINGS_FILE} or {CONTENT}/*/{SETTINGS_FILE}): give its "
        f"folder, or start one: cardpress new my-corpus"
    )


def _corpora_of(named: Path) -> list[Path]:
    """Return the corpora of a path on the command line."""
    from builder.corpus.settings import SETTINGS_FILE

    if named.is_dir():
        return _corpora_below(named) or [corpus_above(named) or named]
    if _is_corpus(named.parent):
        return [named.parent]
    if above := corpus_above(named.parent):
        return [above]
    raise click.UsageError(
        f"{str(named)!r} is not in a corpus: neither its folder nor one above it has a {SETTINGS_FILE};"
        " cardpress new FOLDER starts one"
    )


def corpora_in_content() -> list[Path]:
    """Return the corpora that `make` builds."""
    return _corpora_at(Path(), f"{CONTENT}/*/")


def _corpora_below(folder: Path) -> list[Path]:
    """Return the corpora of a folder: itself, or those in its content/, or those in it."""
    found = (_corpora_at(folder, pattern) for pattern in ("", f"{CONTENT}/*/", "*/"))
    return next(filter(None, found), [])


def _corpora_at(folder: Path, pattern: str) -> list[Path]:
    return sorted({path.parent for name in _corpus_files() for path in folder.glob(pattern + name)})


def _is_corpus(folder: Path) -> bool:
    return any((folder / name).exists() for name in _corpus_files())


def _corpus_files() -> tuple[str, ...]:
    from builder.corpus.files import LOCK_FILE
    from builder.corpus.settings import SETTINGS_FILE

    # A folder with a lock and no deck.toml is a corpus that lost its deck.toml.
    return SETTINGS_FILE, LOCK_FILE


def corpus_above(folder: Path) -> Path | None:
    """Return the corpus that contains a folder: the nearest one above it in the same repository."""
    above = folder.absolute()
    while above != above.parent and not (above / ".git").exists():
        above = above.parent
        if _is_corpus(above):
            return above if folder.is_absolute() else Path(os.path.relpath(above))
    return None


def base_folder() -> Path:
    """Return the folder for outputs and the cache: the current one, or the corpus that contains it."""
    return Path() if _corpora_below(Path()) else corpus_above(Path()) or Path()


def chosen_files(corpora: Sequence[Path]) -> frozenset[Path]:
    """Return the named files, resolved; of their corpora, only they are selected."""
    return frozenset(path.resolve() for path in corpora if path.is_file())


def only_chapters(corpus: Compiled, files: frozenset[Path]) -> Compiled:
    """Return a corpus with only the chapters whose files were named, or with all if none was."""
    chapters = tuple(each for each in corpus.chapters if each.task.path.resolve() in files)
    return replace(corpus, chapters=chapters) if chapters else corpus


OutputsOf = Callable[["Settings"], Sequence[str]]
"""Returns the outputs to make of a corpus: only findings about these are reported."""
AtRisk = Severity | Literal["off"]
"""Severity of findings about reviews at risk; `off` leaves them out."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A corpus after reading and checking it."""

    corpus: Compiled
    lock: Lock
    found: Sequence[Diagnostic]
    """Findings about the outputs to make."""


def read_and_check(
    folders: Sequence[Path],
    outputs: OutputsOf = outputs_of,
    *,
    is_rendered: bool = True,
    is_published: bool = False,
    at_risk: AtRisk = "warning",
) -> list[tuple[Compiled, Lock]]:
    """Read and check corpora and locks. Prints all findings, and exits with status 1 if one is an error.

    Warnings about chapters are only counted, because `check` lists them. `is_published` and `at_risk` are as
    in `examine`.
    """
    examined = examine(folders, outputs, is_rendered=is_rendered, is_published=is_published, at_risk=at_risk)
    report_all(examined, is_advice_listed=False)
    return [(each.corpus, each.lock) for each in examined]


def _with_history(corpus: Compiled, lock: Lock, found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return findings that take git's history into account: it may have what the lock lost."""
    from builder.identity.lockfile import check_history, recall
    from builder.identity.vanished import UNKNOWN_FORMER_ID, check_former_ids

    unread = list(check_history(corpus.folder))
    all_found = [*found, *unread]
    if not has_errors(unread) and any(each.code == UNKNOWN_FORMER_ID.name for each in all_found):
        forgotten = {*check_former_ids(corpus.outline, lock)}
        known = recall(corpus.outline, lock, maxsize)
        forgotten -= {*check_former_ids(corpus.outline, known)}
        all_found = [each for each in all_found if each not in forgotten]
    return all_found


def _judged(found: Sequence[Diagnostic], at_risk: AtRisk) -> list[Diagnostic]:
    """Return findings; those about reviews at risk get the given severity."""
    if at_risk == "warning":
        return list(found)
    from builder.identity.vanished import AT_RISK

    judged = [each for each in found if each.code not in AT_RISK]
    if at_risk != "off":
        judged += (replace(each, severity=at_risk) for each in found if each.code in AT_RISK)
    return judged


def examine(
    folders: Sequence[Path],
    outputs: OutputsOf = outputs_of,
    *,
    is_rendered: bool = True,
    is_published: bool = False,
    at_risk: AtRisk = "warning",
    on_chapter: Callable[[str, int, int], None] = lambda name, done, of: None,
) -> list[Examined]:
    """Read corpora and locks, with the findings about some outputs of each.

    `is_published` also reads the lock's git history; `at_risk` is the severity of findings about reviews at
    risk.
    """
    from builder.identity.lockfile import read_corpus_lock
    from builder.pipeline.compile import compile_corpus

    def is_printed(settings: Settings) -> bool:
        return any(OUTPUTS[name].is_printed for name in outputs(settings))

    read: list[Examined] = []
    cache = project_cache(user_folder(), base_folder())
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
        names = outputs(compiled.settings)
        found: Sequence[Diagnostic] = (*compiled.diagnostics, *damage)
        if is_published:
            found = _with_history(compiled, lock, found)
        found = [each for each in _judged(found, at_risk) if concerns(each, names)]
        read.append(Examined(compiled, lock, found))
    return _with_shared_ids(read)


def _with_shared_ids(read: Sequence[Examined]) -> list[Examined]:
    """Add findings to corpora with the same id: none of them can be built."""
    shared = shared_ids([each.corpus.outline for each in read])
    ids = {each.corpus.settings.id for each in read for found in shared if _is_in(found, each)}
    return [
        replace(each, found=(*each.found, *shared)) if each.corpus.settings.id in ids else each
        for each in read
    ]


def _is_in(found: Diagnostic, examined: Examined) -> bool:
    return found.location.path.parent == examined.corpus.folder


def report_all(examined: Sequence[Examined], *, is_advice_listed: bool = True) -> None:
    """Print all findings in corpora; exit with status 1 if nothing can be made of one."""
    found = [found for each in examined for found in each.found]
    report(found, [each.corpus.outline for each in examined], is_advice_listed=is_advice_listed)


def report(
    diagnostics: Sequence[Diagnostic], corpora: Sequence[Outline] = (), *, is_advice_listed: bool = True
) -> None:
    """Print findings; warnings about chapters are only counted.

    Exits with status 1 if an error concerns every output to make.
    """
    show_all(diagnostics, fixable(diagnostics, corpora), is_advice_listed=is_advice_listed)
    if any(found.stops_all for found in diagnostics):
        raise SystemExit(1)


def build_time() -> int:
    """Return the time, in seconds, with which a build dates changes.

    SOURCE_DATE_EPOCH replaces the clock (https://reproducible-builds.org/specs/source-date-epoch/).
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given:
        now = int(time.time())
        if not _FIRST_DECKS <= now < _LAST_DECKS:
            raise BuildError(
                f"the clock of this machine says that the year is {time.gmtime(now).tm_year}: set it right, "
                "because builds date changes by it"
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


def chapter_named(name: str, question: str | None = None) -> tuple[Outline, ChapterOutline]:
    """Find a chapter and its corpus by a name: `06-contexts.md`, `flask/6` or `contexts`.

    If a file has several chapters, it is the one with a question, or the last.
    """
    from builder.pipeline.compile import compile_corpus

    path = Path(name)
    if path.is_dir():
        raise click.BadParameter(f"{name!r} is a corpus: give a chapter of it, for example {path / '1'}")
    cache = project_cache(user_folder(), base_folder())
    corpora = [compile_corpus(folder, cache, is_rendered=False).outline for folder in _folders(path)]
    chapters = [(corpus, chapter) for corpus in corpora for chapter in corpus.chapters]
    found = [(corpus, chapter) for corpus, chapter in chapters if is_named(chapter, path.name)]
    if len({chapter.path for _, chapter in found}) == 1:
        found.sort(key=lambda each: (question in _ids(each[1]), each[1].index))
        return found[-1]
    if found:
        several = " or ".join(dict.fromkeys(str(chapter.path) for _, chapter in found))
        raise click.BadParameter(f"{name!r} may be {several}: name the corpus too")
    known = ", ".join(dict.fromkeys(str(chapter.path) for _, chapter in chapters)) or "none yet"
    raise click.BadParameter(f"there is no chapter {name!r}; the chapters are: {known}")


def _ids(chapter: ChapterOutline) -> set[str]:
    return {question.id for question in (*chapter.questions, *chapter.unanswered)}


def is_named(chapter: ChapterOutline, name: str) -> bool:
    """Tell whether a name is that of a chapter: its file's, in full or in part, its number or its title."""
    from builder.corpus.files import name_of

    path, number = chapter.path, chapter.number
    names = [path.name, path.stem, name_of(path)[1], chapter.slug, str(number), f"{number:02}", chapter.title]
    if chapter.index == 0:
        names.append(path.stem.partition("-")[0])
    return name.strip().casefold() in map(str.casefold, names)


def _folders(path: Path) -> list[Path]:
    """Return the corpora to search for a chapter: the one named with it, or all here."""
    from builder.corpus.settings import SETTINGS_FILE

    if len(path.parts) == 1:
        return corpus_folders(())
    for folder in (path.parent, CONTENT / path.parent):
        if (folder / SETTINGS_FILE).is_file():
            return [folder]
    raise click.BadParameter(
        f"{str(path.parent)!r} is not a corpus: it has no {SETTINGS_FILE};"
        f" cardpress new {path.parent} starts one"
    )


def releases_in(against: str, corpora: Sequence[Compiled]) -> Mapping[str, Release] | None:
    """Read the releases in the package `against`, by corpus id; None if there is no such file.

    Raises `BuildError` if it is not a package, or has notes of none of the corpora.
    """
    if not _is_in_the_file_system(against):
        return None
    from builder.anki.read import Adopting, read_releases

    adopting = {
        corpus.settings.id: Adopting(corpus.adopted, corpus.settings)
        for corpus in corpora
        if corpus.adopted.notes
    }
    return read_releases(Path(against), [corpus.settings.id for corpus in corpora], adopting)


def release_as_of(corpus: Compiled, revision: str) -> Release:
    """Return the release of a corpus at an earlier commit; its files are kept until the command ends."""
    from builder.pipeline.releases import release_at

    return click.get_current_context().with_resource(release_at(corpus.folder, revision, corpus.cache))


def _is_in_the_file_system(name: str) -> bool:
    """Return whether a name is that of a file of any kind. Folders do not count: branches have such names."""
    try:
        return not S_ISDIR(Path(name).stat().st_mode)
    except (OSError, ValueError):
        return False
