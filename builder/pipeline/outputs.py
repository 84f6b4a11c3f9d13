"""The outputs of a build: each is a function and an entry in `OUTPUTS`, the only list of them.

The libraries of an output are imported only when it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from builder.diagnostics import PRINT, BuildError, Diagnostic
from builder.faults import making
from builder.print.selection import EVERYTHING, Selection
from builder.text import count

if TYPE_CHECKING:
    from builder.anki.note import Deck
    from builder.anki.release import Release
    from builder.corpus.model import Settings
    from builder.design.styles import Styles
    from builder.identity.adopted import Adopted
    from builder.runtime.cache import Cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The input of all outputs of a build."""

    key: str
    """Key of everything that the corpus's rendering depends on."""
    cache: Cache
    deck: Deck
    """Deck of the selected questions, for print; without subdecks if nothing is printed: Anki gets `part`."""
    release: Release
    part: Release
    """Release that goes into the package: all notes of `release`, or a selection."""
    description: str
    """Description of the root deck, as HTML: the same for every part."""
    styles: Styles
    adopted: Adopted
    """Notes that the corpus took over from an existing deck."""
    folder: Path
    """The corpus folder, with their files."""
    on_piece: Callable[[int, int], None]
    """Called with the numbers of laid-out and of all pieces of an output."""
    offset: tuple[float, float]
    """Offset of the backs of flashcards, right and down, in millimetres."""


_LARGEST_KEPT = 32_000_000
"""Maximum bytes of a cached file; a larger one has many images, and is written again."""
Written = tuple[str, Sequence[Diagnostic]]
"""Description of a file's content, for the build's output, and findings for the author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A kind of file that a build makes of a corpus."""

    title: str
    suffix: str
    """End of the file's name, after the corpus's id."""
    write: Callable[[Edition, Path], Written]
    """Writes the file. Raises `BuildError`."""
    is_published: bool = False
    """True if learners get identities from it, which the lock must then record."""
    is_printed: bool = False
    """True if it is a PDF, which needs Pango, and fonts for its characters."""
    is_of_all: bool = True
    """True if a default build makes it, and the preview shows it, if it is printed."""
    selection: Selection = EVERYTHING
    """Selection for it; a build of several outputs leaves it out if no question is selected."""
    has_links: bool = False
    """True if a link can lead to a question in it, by its id."""

    def path(self, folder: Path, corpus_id: str, part: str = "") -> Path:
        """Return the path to which a build writes it; the name of a selection is part of it."""
        return folder / f"{corpus_id}{part}{self.suffix}"

    def unavailable(self) -> str:
        """Return why this machine cannot make it, and what to do; empty if it can."""
        if not self.is_printed:
            return ""
        from builder.print.engine import weasyprint

        return weasyprint.unavailable()


def _write_apkg(edition: Edition, path: Path) -> Written:
    from builder.anki.write import write
    from builder.markdown.sounds import is_sound

    deck, release = edition.deck, edition.part
    # Sounds that are only in texts for print would be downloaded in vain.
    is_whole = release is edition.release and not any(map(is_sound, deck.media))
    media = deck.media if is_whole else release.media(deck.media)
    settings, css = deck.settings, edition.styles.card
    about = (edition.adopted, edition.folder)
    cards = write(settings, release, edition.description, css, media, path, edition.cache, *about)
    return f"{count(len(release.notes), 'note')}, {count(cards, 'card')}", ()


def _for_print(edition: Edition, style: str, *, has_anchors: bool = False) -> tuple[Deck, str]:
    """Return the deck and the style sheet of a print, adapted to the language and `[print]`."""
    from builder.print.layout.links import linked
    from builder.print.variants import enlarged, without_code

    settings = edition.deck.settings
    deck = linked(edition.deck, has_anchors=has_anchors)
    css = enlarged(edition.styles.for_print(style, settings.language), settings.print.scale)
    return without_code(deck) if settings.print.without_code else deck, css


def _write_cheatsheet(edition: Edition, path: Path) -> Written:
    from builder.print import cheatsheet

    deck, css = _for_print(edition, "cheatsheet")
    printed = cheatsheet.write(deck, css, edition.release, path, edition.cache, edition.on_piece)
    parts = [count(printed.questions, "question")]
    parts += [count(printed.tables, "table")] if printed.tables else []
    without = f" (no room for {', '.join(printed.without)})" if printed.without else ""
    return f"{' and '.join(parts)} on {count(printed.pages, 'page')}{without}", printed.found


def _write_studysheet(edition: Edition, path: Path) -> Written:
    from builder.print import studysheet

    deck, css = _for_print(edition, "studysheet", has_anchors=True)
    pages, found = studysheet.write(deck, css, edition.release, path, edition.cache, edition.on_piece)
    return count(pages, "page"), found


def _write_flashcards(edition: Edition, path: Path) -> Written:
    from builder.print import flashcards

    deck, css = _for_print(edition, "flashcards")
    printed = flashcards.write(deck, css, path, edition.cache, edition.offset, edition.on_piece)
    return f"{count(printed.cards, 'card')} on {count(printed.sheets, 'sheet')}", printed.found


def _write_calibration(edition: Edition, path: Path) -> Written:
    from builder.print import calibration

    settings = edition.deck.settings
    css = edition.styles.for_print("flashcards", settings.language)
    calibration.write(settings, css, path, edition.cache)
    return "print it on both sides of one sheet", ()


def _write_handbook(edition: Edition, path: Path) -> Written:
    from builder.print import handbook

    deck, css = _for_print(edition, "handbook", has_anchors=True)
    pages, found = handbook.write(deck, css, edition.release, path, edition.cache, edition.on_piece)
    return count(pages, "page"), found


OUTPUTS: Mapping[str, Output] = {
    "apkg": Output(title="Anki deck", suffix=".apkg", write=_write_apkg, is_published=True),
    "core": Output(
        title="Anki deck of the core",
        suffix="-core.apkg",
        write=_write_apkg,
        is_published=True,
        selection=Selection(is_core=True),
    ),
    "cheatsheet": Output(
        title="Cheat-sheet",
        suffix="-cheatsheet.pdf",
        write=_write_cheatsheet,
        is_printed=True,
        has_links=True,
    ),
    "studysheet": Output(
        title="Study sheet",
        suffix="-studysheet.pdf",
        write=_write_studysheet,
        is_printed=True,
        has_links=True,
    ),
    "handbook": Output(
        title="Handbook", suffix="-handbook.pdf", write=_write_handbook, is_printed=True, has_links=True
    ),
    "flashcards": Output(
        title="Flashcards", suffix="-flashcards.pdf", write=_write_flashcards, is_printed=True
    ),
    "calibration": Output(
        title="Calibration page",
        suffix="-calibration.pdf",
        write=_write_calibration,
        is_printed=True,
        is_of_all=False,
    ),
}
"""Outputs by their names on the command line, in the order of making them."""


def outputs_of(settings: Settings) -> tuple[str, ...]:
    """Return the default outputs of a corpus: those in deck.toml, or else all."""
    return tuple(
        name
        for name, output in OUTPUTS.items()
        if (name in settings.outputs if settings.outputs else output.is_of_all)
    )


def concerns(found: Diagnostic, names: Iterable[str]) -> bool:
    """Tell whether a finding concerns any of some outputs."""
    return not found.outputs or any(
        name in found.outputs or (OUTPUTS[name].is_printed and PRINT in found.outputs) for name in names
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """Description of a cached file."""

    contents: str
    diagnostics: tuple[Diagnostic, ...]


def is_kept(name: str, edition: Edition) -> bool:
    """Return whether the cache has an output, so that making it needs nothing else."""
    return _key(name, edition) in edition.cache


def write_output(name: str, edition: Edition, path: Path) -> Written:
    """Write an output, from the cache if nothing that it depends on has changed. Raises `BuildError`."""
    with making(f"the {name} of {edition.deck.settings.id}"):
        return _write_output(name, edition, path)


def _write_output(name: str, edition: Edition, path: Path) -> Written:
    from builder.runtime.cache import key_of
    from builder.runtime.serialize import DAMAGED, dump, load

    key = _key(name, edition)
    # In an entry of its own: together, the file would be in memory twice.
    about_key = key_of(key, "about")
    with suppress(*DAMAGED):
        about, known = edition.cache.get(about_key), edition.cache.get(key)
        if about and known:
            kept = load(_Kept, about)
            path.write_bytes(known)
            return kept.contents, kept.diagnostics
    if missing := OUTPUTS[name].unavailable():
        raise BuildError(missing)  # the cache has lost it since `is_kept`
    with fonts_of(edition.deck.settings):
        contents, diagnostics = OUTPUTS[name].write(edition, path)
    if path.stat().st_size <= _LARGEST_KEPT:
        edition.cache.put(about_key, dump(_Kept(contents, tuple(diagnostics))))
        edition.cache.put(key, path.read_bytes())
    return contents, diagnostics


def fonts_of(settings: Settings) -> AbstractContextManager[None]:
    """Return a context in which the fonts of a corpus are used."""
    if not settings.print.fonts:
        return nullcontext()
    from builder.design.fonts import using

    return using(settings.print.fonts)


def _key(name: str, edition: Edition) -> str:
    from builder.runtime.cache import key_of

    release, parts = edition.release, [name, edition.key]
    if OUTPUTS[name].is_printed:
        from builder.print.engine import pango

        # Prints show the day of the last change, not the times of notes.
        parts += [*pango.versions(), release.day, repr(edition.styles), repr(edition.offset)]
        parts += [note.number for _, note in edition.deck.notes()]
        parts += [note.id for _, note in edition.deck.notes()]
        parts += [subdeck.slug for subdeck in edition.deck.subdecks]
        parts.append(repr(edition.deck.tables))
    else:
        # The lock has hashes of all notes and note types, and their positions and numbers.
        parts.append(str(release.lock))
        parts += edition.part.notes
    return key_of(*parts)
