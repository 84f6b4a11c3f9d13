"""`cardpress import`."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands.completers import LanguageCode
from builder.commands.terminal import say, show, verbosity
from builder.diagnostics import BuildError
from builder.text import count

if TYPE_CHECKING:
    from builder.importing.model import Loss, Material, PartMaps
    from builder.importing.write import Planned

_ENOUGH = 0.9
"""Minimum share of a source that a guess must explain, so that the author need not decide."""
_MOST_TYPES, _MOST_PARTS, _MOST_KINDS, _MOST_SCRIPTS = 3, 4, 6, 2
"""Maximum of each in the report of a dry run, which has at most 25 lines."""
_MOST_SHOWN = 5
_LONGEST_LINE = 100
_QUESTION_LINES = 5


@click.command("import")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
@click.option(
    "--dry-run", "is_dry", is_flag=True, help="Show what would be imported, and write a mapping file."
)
@click.option(
    "--map",
    "mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Use this mapping file, which a dry run wrote and you corrected.",
)
@click.option("--deck", default="", help="Import this deck and its subdecks only.")
@click.option(
    "--title",
    default="",
    help="Title of the corpus, and of its deck in Anki unless learners already have one.",
)
@click.option("--language", type=LanguageCode(), help="Language of the text: de, pt-BR, ar.")
@click.option(
    "--fetch", "is_fetched", is_flag=True, help="Download images that the source shows from the web."
)
@click.option(
    "--restyle",
    "is_restyled",
    is_flag=True,
    help="Give all notes of the old deck the HTML of cardpress: at once, or later, if there is no FOLDER.",
)
def import_(
    source: Path,
    folder: Path | None,
    is_dry: bool,
    mapping: Path | None,
    deck: str,
    title: str,
    language: str | None,
    is_fetched: bool,
    is_restyled: bool,
) -> None:
    """Make a corpus of an existing deck, table or folder of notes.

    SOURCE is an Anki package, a table, or Markdown; cardpress detects the format. FOLDER is new, and
    its name is the id of the corpus. All of the text is kept; lost formatting is listed. With --restyle and
    without a FOLDER, SOURCE is a corpus that was made from a deck.

    Example: cardpress import spanish.apkg content/spanish --dry-run
    """
    if folder is None:
        if not is_restyled:
            raise click.UsageError("give the folder of the new corpus, too")
        for option, value in (("--title", title), ("--language", language)):
            if value:
                raise click.UsageError(f"{option} is for a new corpus: give its folder, too")
        _restyle(source)
        return
    from builder.corpus.settings import SETTINGS_FILE
    from builder.importing.formats import format_of
    from builder.importing.model import Request, SourceError
    from builder.importing.web_images import Downloads
    from builder.importing.write import id_of, plan_corpus
    from builder.runtime.atomic import temporary_folder

    id_ = id_of(folder)
    if (folder / SETTINGS_FILE).exists():
        raise click.UsageError(
            f"{str(folder)!r} is a corpus already: edit its chapters, or import into a new folder and move"
            " what you want over"
        )
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{str(folder)!r} is not empty: name a folder that does not exist yet")
    with temporary_folder() as scratch:
        fetch = Downloads(scratch) if is_fetched and not is_dry else None
        try:
            found = format_of(source)
            request = Request(scratch=scratch, deck=deck, maps=_maps(mapping), fetch=fetch)
            material = found.read(source, request)
        except SourceError as error:
            raise BuildError(f"{str(source)!r} {error}") from error
        _check_names(request.maps, material, mapping)
        planned = plan_corpus(_renamed(material, title, language or material.language), material.id or id_)
        if is_dry:
            show("\n".join(_report(source, found.name, material, planned)))
            options = (
                *(("--title", title) if title else ()),
                *(("--language", language) if language else ()),
            )
            _write_mapping(folder, material, source, mapping, options)
            return
        if mapping is None and material.explained < _ENOUGH:
            share = f"{material.explained:.0%} of {str(source)!r} can be guessed"
            raise BuildError(
                f"{share}: run it with --dry-run, correct the mapping file, and give it with --map"
            )
        _import(material, planned, folder, is_restyled=is_restyled)
        if not title and not _has_learners(material):
            name, spoken = material.deck or material.title, language or material.language or "en"
            say(
                f"{folder / SETTINGS_FILE}: the deck is called {name!r} in Anki, and its language is"
                f" {spoken!r}: change what is wrong before the first build"
            )
        say(
            "Next:\n"
            f"  cardpress watch {folder} --open   see the cards\n"
            f"  cardpress check {folder}          list every finding, with its line\n"
            f"  cardpress build {folder}          make the deck and the PDFs, in dist/"
        )


def _renamed(material: Material, title: str, language: str) -> Material:
    """Return the import with a title and a language; a deck that learners have keeps its name."""
    if title:
        deck = (material.deck or material.title) if _has_learners(material) else ""
        material = replace(material, title=title, deck=deck)
    return replace(material, language=language)


def _has_learners(material: Material) -> bool:
    """Tell whether learners have the source's notes, so that identities and the deck's name stay."""
    return bool(material.adopted.notes or material.id)


def _restyle(folder: Path) -> None:
    """Give the notes of an old deck our HTML, and print the cost for learners."""
    from builder.corpus.files import ADOPTED_FILE
    from builder.pipeline.adopt import restyle

    restyled = restyle(folder)
    say(f"{folder / ADOPTED_FILE}: {restyled.cost}" if restyled.notes else f"{folder}: restyled already")


def _maps(path: Path | None) -> PartMaps:
    from builder.importing.mapping_file import read_mapping
    from builder.importing.model import SourceError

    if path is None:
        return {}
    try:
        return read_mapping(path)
    except SourceError as error:
        raise BuildError(f"{str(path)!r} {error}") from error


def _check_names(decided: PartMaps, material: Material, path: Path | None) -> None:
    """Refuse a mapping file of another source."""
    for name, each in decided.items():
        if name not in material.maps:
            known = ", ".join(map(repr, material.maps))
            raise BuildError(f"{str(path)!r} has {name!r}, which is not in the source: it has {known}")
        if unknown := [part for part in each.parts if part not in material.maps[name].parts]:
            raise BuildError(f"{str(path)!r} has {unknown[0]!r} in {name!r}, but the source does not")


def _import(material: Material, planned: Planned, folder: Path, *, is_restyled: bool) -> None:
    from builder.corpus.files import LOCK_FILE
    from builder.corpus.settings import SETTINGS_FILE
    from builder.importing.write import adopted_by, write_corpus
    from builder.pipeline.adopt import NotAdopted, adopt
    from builder.runtime.cache import NO_CACHE

    refused: list[NotAdopted] = []

    def finish(made: Path) -> None:
        if material.adopted.notes:
            refused.extend(adopt(made, adopted_by(planned, material.adopted), NO_CACHE))
        if material.lock:
            (made / LOCK_FILE).write_text(str(material.lock), encoding="utf-8", newline="\n")

    write_corpus(planned, folder, finish)
    losses = (*material.losses, *planned.losses)
    drafts = sum(not each.question.answer.strip() for each in planned.questions)
    chapters = count(sum(name.endswith(".md") for name in planned.files), "chapter")
    say(
        f"{folder}: {count(len(planned.questions), 'question')} in {chapters}"
        + (f", {count(len(planned.media), 'file')} in media/" if planned.media else "")
        + (f"; {drafts} without an answer, left out of every output" if drafts else "")
    )
    if material.id:
        say(
            f"{folder / SETTINGS_FILE}: the id is {material.id!r}, as before:"
            " learners of that corpus keep their history"
        )
    if material.adopted.notes:
        kept = len(material.adopted.notes) - len(refused)
        say(f"deck.adopted: learners of the old deck keep their history of {count(kept, 'note')}")
    for each in refused[:_MOST_SHOWN]:
        say(f"not adopted: {each.question}: {each.reason}")
    if len(refused) > _MOST_SHOWN:
        say(f"not adopted: {len(refused) - _MOST_SHOWN:,} more")
    if is_restyled and len(refused) < len(material.adopted.notes):
        _restyle(folder)
    if losses and verbosity() == "verbose":
        show("\n".join(f"{loss.place}: {loss.message} [{loss.kind}]" for loss in losses), err=True)
    for line in _losses(losses):
        say(line)
    for place in material.scripts:
        say(f"script left out: {place}")
    _check(folder)


def _check(folder: Path) -> None:
    """Print the counts of a check's findings, by code."""
    from builder.commands.arguments import examine

    (examined,) = examine([folder])
    for severity in ("error", "warning"):
        codes = Counter(each.code for each in examined.found if each.severity == severity)
        if codes:
            listed = ", ".join(f"{number} {code}" for code, number in codes.most_common(6))
            say(f"check: {count(codes.total(), severity)}: {listed}{', …' if len(codes) > 6 else ''}")
        elif severity == "error":
            say("check: no errors")


def _losses(losses: tuple[Loss, ...]) -> Iterator[str]:
    """Yield a line for each kind of loss, the most frequent first, with an example."""
    kinds = Counter(loss.kind for loss in losses)
    for kind, number in kinds.most_common():
        first = next(loss for loss in losses if loss.kind == kind)
        yield f"lost: {kind} ({number:,}): {first.place}: {first.message}"
    if kinds and verbosity() != "verbose":
        yield "--verbose lists every one of them"


def _report(source: Path, format_name: str, material: Material, planned: Planned) -> Iterator[str]:
    """Yield the report of a dry run, at most 25 lines."""
    counts = [count(number, noun.removesuffix("s")) for noun, number in material.counts.items() if number]
    yield f"{source}: {format_name}"
    if counts:
        yield ", ".join(counts)
    chapters = [chapter.title for chapter in material.chapters]
    shown = ", ".join(chapters[:4]) + (", …" if len(chapters) > 4 else "")
    yield _short(f"{count(len(planned.questions), 'question')} in {count(len(chapters), 'chapter')}: {shown}")
    if material.id:
        yield f"  notes that cardpress made of the corpus {material.id!r}: each field says what it is"
    for name, each in list(material.maps.items())[:_MOST_TYPES]:
        kind = f" ({each.kind})" if each.kind else ""
        parts = [f"{part} → {role}" for part, role in each.parts.items()]
        more = f", {len(parts) - _MOST_PARTS} more" if len(parts) > _MOST_PARTS else ""
        yield _short(f"  {name}{kind}: {', '.join(parts[:_MOST_PARTS])}{more}")
    if len(material.maps) > _MOST_TYPES:
        yield f"  {len(material.maps) - _MOST_TYPES} more in the mapping file"
    yield f"The guess explains {material.explained:.0%}."
    losses = Counter(loss.kind for loss in (*material.losses, *planned.losses))
    if losses:
        yield "Lost:"
        for kind, number in losses.most_common(_MOST_KINDS):
            first = next(loss for loss in (*material.losses, *planned.losses) if loss.kind == kind)
            yield _short(f"  {kind} ({number:,}): {first.place}: {first.message}")
        if len(losses) > _MOST_KINDS:
            yield f"  {len(losses) - _MOST_KINDS} more kinds"
    for place in material.scripts[:_MOST_SCRIPTS]:
        yield _short(f"Script left out: {place}")
    if len(material.scripts) > _MOST_SCRIPTS:
        yield f"{len(material.scripts) - _MOST_SCRIPTS} more scripts"
    yield from _sample(planned)


def _sample(planned: Planned) -> Iterator[str]:
    """Yield the first lines of a question as it would be written."""
    text = next((text for name, text in planned.files.items() if name.endswith(".md")), "")
    start = text.find("\n## ")
    if start >= 0:
        lines = [line for line in text[start + 1 :].split("\n\n## ")[0].split("\n") if line.strip()]
        yield "A question:"
        yield from (_short(f"  {line}") for line in lines[:_QUESTION_LINES])
        if len(lines) > _QUESTION_LINES:
            yield "  …"


def _short(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"


def _write_mapping(
    folder: Path, material: Material, source: Path, given: Path | None, options: Sequence[str]
) -> None:
    from builder.importing.mapping_file import mapping_text
    from builder.runtime.atomic import replacing

    if given is not None or not material.maps:
        return
    path = folder.with_name(f"{folder.name}.map.toml")
    text = mapping_text(material, source.name)
    if path.exists() and path.read_text(encoding="utf-8", errors="replace") != text:
        show(f"{path} already exists and is kept; --map {path} uses it")
        return
    with replacing(path) as replacement:
        replacement.write_text(text, encoding="utf-8", newline="\n")
    command = ["cardpress", "import", str(source), str(folder), "--map", str(path), *options]
    show(f"{path}: change what is wrong there, then: {shlex.join(command)}")
