"""`cardpress export`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands.arguments import (
    base_folder,
    build_time,
    chosen_files,
    corpora_argument,
    corpus_folders,
    examine,
    report_all,
)
from builder.commands.completers import OneOf
from builder.commands.findings import show_all
from builder.commands.making import output_option
from builder.commands.terminal import say, show
from builder.pipeline.outputs import OUTPUTS
from builder.text import count

if TYPE_CHECKING:
    from builder.pipeline.compile import Compiled


def _forms() -> Iterable[str]:
    from builder.exporting.forms import FORMS

    return FORMS


@click.command()
@corpora_argument
@click.option("--format", "form", type=OneOf(_forms), required=True, help="Form of the files.")
@output_option
def export(corpora: tuple[Path, ...], form: str, folder: Path) -> None:
    """Write the notes as CSV, TSV, CrowdAnki or JSON.

    For use in other programs. Fields, tags, GUIDs, decks and media are those of the package that the next
    build makes. Each corpus gets a folder of its own: dist/flask-csv. deck.lock is never changed; the command
    tells you if a build would change it.

    A CORPUS is a folder with a deck.toml. Default: every corpus in the current folder.

    Example: cardpress export content/flask --format csv
    """
    from builder.design.styles import read_styles
    from builder.pipeline.export import export as export_all
    from builder.pipeline.prepare import prepare

    if files := chosen_files(corpora):
        raise click.UsageError(
            f"{min(files).name!r} is a file: give its corpus, because a whole corpus is exported"
        )
    examined = examine(corpus_folders(corpora), lambda settings: ("apkg",), is_published=True)
    report_all(examined, is_advice_listed=False)
    if any(found.severity == "error" for each in examined for found in each.found):
        raise SystemExit(1)
    styles, now, built = read_styles(), build_time(), base_folder() / "dist"
    prepared = [
        prepare(each.corpus, each.lock, styles, now=now, package=_package(built, each.corpus))
        for each in examined
    ]
    exported = export_all(prepared, form, folder, is_ignored=folder == built)
    show_all([found for each in prepared for found in each.diagnostics])
    for each in exported:
        for path, contents in each.files:
            say(f"{path}: {contents}")
        if each.media:
            say(f"{each.folder / 'media'}: {count(each.media, 'file')}")
        for remark in each.remarks:
            show(f"note: {remark}", err=True)
    for each_prepared in prepared:
        if each_prepared.changes:
            id_ = each_prepared.corpus.settings.id
            say(f"{id_}: deck.lock would change ({each_prepared.changes}): build, and commit it")


def _package(folder: Path, corpus: Compiled) -> Path:
    """Return the package in which a build looks for identities that the lock has lost."""
    return OUTPUTS["apkg"].path(folder, corpus.settings.id)
