"""Exports prepared corpora for other programs: all files of all corpora, or none. The lock is not changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from builder.anki import note_types
from builder.anki.adopted_notes import note_types_of
from builder.anki.description import describe
from builder.anki.media import Files, files_of, font_files
from builder.diagnostics import BuildError
from builder.exporting.forms import FORMS
from builder.exporting.model import MEDIA_FOLDER, ExportedChapter, Form, MediaFile, Source, Written
from builder.faults import making
from builder.pipeline.prepare import Prepared
from builder.pipeline.publish import keep_out_of_git
from builder.runtime.atomic import filling, replacing_together


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The files written for a corpus."""

    files: tuple[tuple[Path, str], ...]
    """Files and their contents, in words."""
    media: int
    """Number of files in the folder of media."""
    folder: Path
    remarks: tuple[str, ...]
    """Notes for the user, each a sentence."""


def export(
    corpora: Sequence[Prepared], form: str, folder: Path, *, is_ignored: bool = False
) -> list[Exported]:
    """Write each corpus in a form, into its own folder: `folder/flask-csv`.

    `is_ignored` makes git ignore `folder` if it does not exist yet. Raises `BuildError`; then no file has
    changed.
    """
    with replacing_together() as replacements:
        made: list[Exported] = []
        sources = [(prepared.corpus.settings.id, *_written(prepared, form)) for prepared in corpora]
        # Nothing is written until everything that can fail with the notes is done.
        if is_ignored:
            keep_out_of_git(folder, replacements)
        for id_, written, source, files in sources:
            target = folder / f"{id_}-{form}"
            temporary = replacements.enter_context(filling(target))
            for file in written.files:
                (temporary / file.name).write_bytes(file.content)
            _write_media(files, source, temporary / MEDIA_FOLDER)
            left = _left_over(target / MEDIA_FOLDER, source)
            made.append(
                Exported(
                    files=tuple((target / file.name, file.contents) for file in written.files),
                    media=len(files),
                    folder=target,
                    remarks=(*written.remarks, *left),
                )
            )
    return made


def _written(prepared: Prepared, form: str) -> tuple[Written, Source, Files]:
    with making(f"the {form} export of {prepared.corpus.settings.id}"):
        source, files = _source(prepared, FORMS[form])
        return FORMS[form].write(source), source, files


def _source(prepared: Prepared, form: Form) -> tuple[Source, Files]:
    """Return the data of a corpus's export, and functions that read its media."""
    corpus, release = prepared.corpus, prepared.release
    settings = corpus.settings
    rules, fonts = note_types.kept_fonts(corpus.cache)
    css = note_types.with_fonts(prepared.styles.with_look(corpus.look).card, rules)
    types = note_types_of({head.type for head in release.heads.values()}, css, settings, corpus.adopted)
    files = files_of(release, release.media(corpus.media), corpus.adopted, settings, corpus.folder)
    if form.has_fonts:
        files |= font_files(types.values(), fonts, settings)
    source = Source(
        outline=corpus.outline,
        release=release,
        types=types,
        description=describe(corpus.outline),
        chapters=tuple(
            ExportedChapter(
                outline=chapter.outline, deck=corpus.deck_name(chapter), guids=corpus.guids(chapter)
            )
            for chapter in corpus.chapters
        ),
        media={name: _media_file(name, files[name]()) for name in sorted(files)},
    )
    return source, files


def _media_file(name: str, content: bytes) -> MediaFile:
    return MediaFile(name, len(content), sha256(content).hexdigest())


def _write_media(files: Files, source: Source, folder: Path) -> None:
    """Write the media one file at a time, because together they may be larger than memory."""
    if files:
        folder.mkdir()
    for name, read in files.items():
        content = read()
        if _media_file(name, content) != source.media[name]:
            raise BuildError(f"the file {name!r} changed in the meantime: export again")
        (folder / name).write_bytes(content)


def _left_over(folder: Path, source: Source) -> list[str]:
    """Return a sentence about unused files, which are from an earlier export, or the user's own."""
    there = sorted(path.name for path in folder.glob("[!.]*")) if folder.is_dir() else []
    left = [name for name in there if name not in source.media]
    if not left:
        return []
    more = f" and {len(left) - 1} more" if len(left) > 1 else ""
    return [
        f"{folder} has {left[0]!r}{more}, which this export does not use: delete the files that are not yours"
    ]
