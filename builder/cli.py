"""The command line, and the whole story of a build: read, check, render, write.

The only module that prints, exits, or reads the clock and the environment. What takes time to import is
imported by the command that needs it.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from builder import __version__
from builder.diagnostics import BuildError, Diagnostic, Location
from builder.imposition import INSET, PAPERS, STOCKS, TURNS
from builder.outputs import OUTPUTS, count

if TYPE_CHECKING:
    from builder.build import Progress
    from builder.lock import Lock
    from builder.model import Corpus
    from builder.package import Release

CONTENT = Path("content")
_FIRST_DECKS = 1_600_000_000
"""September 2020: no deck of ours is older, but some systems set the time of a build to 0 or 1980."""


class _Group(click.Group):
    """Ends every command alike: a machine that cannot go on gets a sentence, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BuildError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            raise click.ClickException(f"{error.filename or 'the system'}: {error.strerror}") from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cardpress")
def main() -> None:
    """Turn folders of Markdown questions into Anki decks and printable cheat-sheets."""


_corpora = click.argument(
    "corpora",
    metavar="[CORPUS]...",
    nargs=-1,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)


@main.command()
@_corpora
def check(corpora: tuple[Path, ...]) -> None:
    """Name every mistake in the corpora, each with its place.

    A CORPUS is a folder with a deck.toml; without one, all in content/ are meant.
    The exit status is 1 if there is an error.

    Example: cardpress check content/flask
    """
    for corpus, _ in _read_and_check(_folders(corpora)):
        questions = sum(len(chapter.questions) for chapter in corpus.chapters)
        drills = sum(1 for _ in corpus.questions()) - questions
        click.echo(
            f"{corpus.folder}: no errors"
            f" ({count(len(corpus.chapters), 'chapter')}, {count(questions, 'question')},"
            f" {count(drills, 'drill')})"
        )


_output = click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("dist"),
    show_default=True,
    help="The folder to write to.",
)


@main.command()
@_corpora
@_output
@click.option(
    "--only",
    "names",
    type=click.Choice(tuple(OUTPUTS)),
    multiple=True,
    help="Make this output only; may be given several times.",
)
@click.option(
    "--renumber",
    "is_renumbered",
    is_flag=True,
    help="Number all questions anew, in their order: before a first release. Updates every card whose number"
    " changes.",
)
@click.option(
    "--locked",
    "is_locked",
    is_flag=True,
    help="Fail where deck.lock would change: for releases, and for continuous integration.",
)
def build(
    corpora: tuple[Path, ...],
    folder: Path,
    names: tuple[str, ...],
    is_renumbered: bool,
    is_locked: bool,
) -> None:
    """Make the corpora's decks, sheets and cards to cut out.

    A CORPUS is a folder with a deck.toml; without one, all in content/ are meant.
    Where there is an error, nothing is written, and the exit status is 1.

    Example: cardpress build content/flask --only apkg
    """
    if is_renumbered and names and "apkg" not in names:
        raise click.UsageError("--renumber needs the deck, whose lock keeps the numbers: add --only apkg")
    _make(
        _folders(corpora),
        names or tuple(name for name, output in OUTPUTS.items() if output.is_of_all),
        folder,
        is_locked=is_locked,
        is_renumbered=is_renumbered,
    )


@main.command()
@_corpora
@_output
@click.option("--paper", type=click.Choice(tuple(PAPERS)), help="Instead of what deck.toml says.")
@click.option(
    "--columns", type=click.Choice(("3", "2")), help="Three across the paper, or two on it upright."
)
@click.option("--handbook", "is_handbook", is_flag=True, help="The full answers, in one column, for reading.")
def cheatsheet(
    corpora: tuple[Path, ...], folder: Path, paper: str | None, columns: str | None, is_handbook: bool
) -> None:
    """Print the cheat-sheet, or the handbook.

    Example: cardpress cheatsheet content/flask --paper Letter --columns 2
    """
    changes = {"paper": paper, "columns": int(columns) if columns else None}
    _make(_folders(corpora), ("handbook" if is_handbook else "cheatsheet",), folder, printing=changes)


def _levels(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    from builder.model import Level

    for value in values:
        if value not in tuple(Level):
            raise click.BadParameter(f"{value!r} is not one of {', '.join(Level)}")
    return values


class _Millimetres(click.ParamType[tuple[float, float]]):
    """Two lengths, right and down: 0.5,-1."""

    name = "X,Y"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[float, float]:
        if isinstance(value, tuple):
            return value
        try:
            x, y = map(float, value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not two lengths in millimetres, as in 0.5,-1", param, ctx)
        if max(abs(x), abs(y)) > INSET:
            self.fail(f"cards have {INSET:g} mm of room around them: {value!r} is more", param, ctx)
        return x, y


@main.command()
@_corpora
@_output
@click.option("--stock", type=click.Choice(tuple(STOCKS)), help="Instead of what deck.toml says.")
@click.option(
    "--turn",
    type=click.Choice(TURNS),
    help="The edge over which the printer turns the paper; or fold, for a printer that prints on one side.",
)
@click.option(
    "--offset",
    type=_Millimetres(),
    default=(0, 0),
    help="Move the backs right and down, in millimetres, for a printer that shifts them.",
)
@click.option(
    "--calibrate", is_flag=True, help="Make a page that shows the offset your printer needs, instead."
)
@click.option("--chapter", "chapters", multiple=True, help="Only this one, by number or name.")
@click.option("--level", "levels", multiple=True, callback=_levels, help="Only this one.")
@click.option("--tag", "tags", multiple=True, help="Only questions with this tag.")
@click.option(
    "--changed-since",
    "against",
    metavar="FILE|REV",
    help="Only what is new or other than in an older package, or commit.",
)
def flashcards(
    corpora: tuple[Path, ...],
    folder: Path,
    stock: str | None,
    turn: str | None,
    offset: tuple[float, float],
    calibrate: bool,
    chapters: tuple[str, ...],
    levels: tuple[str, ...],
    tags: tuple[str, ...],
    against: str | None,
) -> None:
    """Print cards to cut out. Of several chapters, levels or tags, one is enough.

    Example: cardpress flashcards content/flask --stock Letter --level junior --changed-since HEAD~3
    """
    from builder.selection import Selection

    package = _package(against) if against else None

    def selection_of(corpus: Corpus) -> Selection:
        from builder.releases import release_at

        since = package or (release_at(corpus.folder, against) if against else None)
        if since is package and package and not package.is_of(corpus.settings.id):
            raise BuildError(f"{against!r} was not made of {corpus.settings.id!r}")
        return Selection(
            chapters=frozenset(chapters), levels=frozenset(levels), tags=frozenset(tags), since=since
        )

    _make(
        _folders(corpora),
        ("calibration" if calibrate else "flashcards",),
        folder,
        printing={"stock": stock, "turn": turn},
        selection_of=selection_of,
        offset=offset,
    )


def _make(
    folders: Sequence[Path],
    wanted: Sequence[str],
    folder: Path,
    *,
    printing: Mapping[str, Any] | None = None,
    **options: Any,
) -> None:
    """Read, check and build corpora, and tell what was made; settings of printing that are not None count."""
    from builder.build import build as build_corpora

    start = time.perf_counter()
    is_printed = any(OUTPUTS[name].is_printed for name in wanted)
    checked = _read_and_check(folders, is_printed=is_printed)
    changes = {name: value for name, value in (printing or {}).items() if value is not None}
    checked = [(_with_printing(corpus, changes), lock) for corpus, lock in checked]
    missing = {name: reason for name in wanted if (reason := OUTPUTS[name].unavailable())}
    possible = [name for name in wanted if name not in missing]
    if possible:
        with _Display() as display:
            made = build_corpora(
                checked, possible, folder, now=_now(), progress_of=display.progress_of, **options
            )
        _report([diagnostic for file in made for diagnostic in file.diagnostics])
        for file in made:
            size = f", {_size(file.path)}" if file.is_output else ""
            click.echo(f"{file.path}: {file.contents}{size}")
        ids = ", ".join(corpus.settings.id for corpus, _ in checked)
        click.echo(f"{ids}: built in {time.perf_counter() - start:.1f} s")
    if missing:
        raise BuildError("; ".join(f"no {name}: {reason}" for name, reason in missing.items()))


def _with_printing(corpus: Corpus, changes: Mapping[str, Any]) -> Corpus:
    settings = replace(corpus.settings, print=replace(corpus.settings.print, **changes))
    return replace(corpus, settings=settings)


@main.command()
@_corpora
@click.option(
    "--against",
    metavar="FILE|REV",
    default="HEAD",
    show_default=True,
    help="What learners have: a package, or the commit that it was built from.",
)
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
def plan(corpora: tuple[Path, ...], against: str, form: str) -> None:
    """Tell what a learner who has an older build will see of the next.

    What is new, changed, moved and gone, whose history is at risk, and what learners have to do by hand.
    A CORPUS is a folder with a deck.toml; without one, all in content/ are meant. Nothing is written.

    Example: cardpress plan content/flask --against flask-1.0.apkg
    """
    from builder.plan import compare
    from builder.plan_report import as_json, as_text
    from builder.releases import release_at, release_now
    from builder.styles import read_styles

    checked = _read_and_check(_folders(corpora))
    styles, now = read_styles(), _now()
    package = _package(against)
    plans = [
        (
            corpus.settings.id,
            against,
            compare(package or release_at(corpus.folder, against), release_now(corpus, lock, styles, now)),
        )
        for corpus, lock in checked
        if package is None or package.is_of(corpus.settings.id)
    ]
    if not plans:
        ids = " or ".join(repr(corpus.settings.id) for corpus, _ in checked)
        raise BuildError(f"{against!r} was not made of {ids}")
    if form == "json":
        click.echo(as_json(plans))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10**6
        click.echo("\n\n".join(as_text(*entry, width=width) for entry in plans))


def _package(against: str) -> Release | None:
    """Read the package that `against` names, if it names a file."""
    from builder.package import read_package

    return read_package(Path(against)) if Path(against).is_file() else None


def _folders(corpora: Sequence[Path]) -> list[Path]:
    if corpora:
        return list(dict.fromkeys(corpora))
    from builder.lock import LOCK_FILE
    from builder.settings import SETTINGS_FILE

    # A folder with a lock and no deck.toml has lost it.
    folders = sorted(
        {path.parent for name in (SETTINGS_FILE, LOCK_FILE) for path in CONTENT.glob(f"*/{name}")}
    )
    if not folders:
        raise click.UsageError(f"there is no corpus here: no {CONTENT}/*/{SETTINGS_FILE}")
    return folders


def _read_and_check(folders: Sequence[Path], *, is_printed: bool = False) -> list[tuple[Corpus, Lock]]:
    """Read corpora and locks; leaves with status 1 where there is an error, after naming all of them."""
    from builder import checks
    from builder.build import read_corpus_lock
    from builder.print_checks import check_print
    from builder.reader import read_corpus

    read: list[tuple[Corpus, Lock]] = []
    diagnostics: list[Diagnostic] = []
    for folder in folders:
        corpus, found = read_corpus(folder)
        lock, damage = read_corpus_lock(corpus)
        read.append((corpus, lock))
        diagnostics += (*found, *damage, *checks.check(corpus))
        diagnostics += check_print(corpus, "error" if is_printed else "warning")
    diagnostics += _shared_ids([corpus for corpus, _ in read])
    _report(diagnostics)
    return read


def _shared_ids(corpora: Sequence[Corpus]) -> list[Diagnostic]:
    """Two corpora of one id would overwrite each other's files and share their notes' identities."""
    from builder.settings import SETTINGS_FILE

    seen: dict[str, Path] = {}
    diagnostics: list[Diagnostic] = []
    for corpus in corpora:
        first = seen.setdefault(corpus.settings.id, corpus.folder)
        if first != corpus.folder:
            diagnostics.append(
                Diagnostic(
                    Location(corpus.folder / SETTINGS_FILE),
                    "duplicate-corpus-id",
                    f"the id {corpus.settings.id!r} is already that of {str(first)!r}",
                    "give the newer corpus another id",
                )
            )
    return diagnostics


def _report(diagnostics: Sequence[Diagnostic]) -> None:
    for diagnostic in sorted(diagnostics):
        click.echo(str(diagnostic), err=True)
    errors = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
    if errors:
        click.echo(count(errors, "error"), err=True)
        raise SystemExit(1)


def _now() -> int:
    """Return the time, in seconds, that a build stamps on what changed.

    SOURCE_DATE_EPOCH stands in for the clock (https://reproducible-builds.org/specs/source-date-epoch/).
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given:
        return int(time.time())
    if not given.isdecimal() or int(given) < _FIRST_DECKS:
        raise BuildError(
            f"SOURCE_DATE_EPOCH is {given!r}: it must be a time, in seconds, since {_FIRST_DECKS}"
        )
    return int(given)


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1000:,.0f} kB" if size >= 1000 else f"{size} bytes"


class _Display:
    """Shows on a terminal how far a build is; silent where standard error goes elsewhere."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.is_hidden = not sys.stderr.isatty()

    def __enter__(self) -> _Display:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def progress_of(self, corpus: Corpus) -> Progress:
        """Return what a build of the corpus should tell."""
        from builder.build import Progress

        name, length = corpus.settings.id, sum(1 for _ in corpus.questions())
        notes = self._bar(label=f"{name}: rendering", length=length)
        pages = self._bar(
            label=f"{name}: laying out",
            length=length,  # more than there will be pages, whose number nobody knows yet
            bar_template="%(label)s  %(info)s",
            item_show_func=lambda page: f"page {page}" if page else None,
            show_eta=False,
            show_percent=False,
        )
        return Progress(on_note=lambda: notes().update(1), on_page=lambda page: pages().update(1, page))

    def _bar(self, **options: Any) -> Callable[[], Any]:
        """Return a function that at its first call opens a bar, and closes the one before."""
        bars: list[Any] = []

        def bar() -> Any:
            if not bars:
                self.stack.close()
                opened = click.progressbar(file=sys.stderr, hidden=self.is_hidden, **options)
                bars.append(self.stack.enter_context(opened))
            return bars[0]

        return bar
