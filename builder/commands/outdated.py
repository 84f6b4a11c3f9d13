"""`cardpress outdated`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from builder.commands.arguments import corpora_argument, corpus_folders, read_and_check
from builder.commands.terminal import show

if TYPE_CHECKING:
    from builder.authoring.outdated import Library, Outdated
    from builder.corpus.model import Outline


class _Version(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """A library and its version: flask=3.2."""

    name = "LIBRARY=VERSION"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, _, version = value.partition("=")
        if not (name and version[:1].isdigit()):
            self.fail(f"{value!r} is not a library and its version, as in flask=3.2", param, ctx)
        return name, version


@click.command()
@corpora_argument
@click.option(
    "--version",
    "versions",
    type=_Version(),
    multiple=True,
    help="Compare with this version only, as in flask=3.2. Default: compare with all libraries that are"
    " installed beside cardpress.",
)
@click.option("--all", "is_all", is_flag=True, help="List questions that do not name the library, too.")
def outdated(corpora: tuple[Path, ...], versions: tuple[tuple[str, str], ...], is_all: bool) -> None:
    """List questions to check again when a library has a new version.

    [checked] in deck.toml says which versions a chapter, or a question, was checked against. Nothing is
    written.

    Example: cardpress outdated content/flask --version flask=3.2
    """
    from builder.authoring.outdated import checked_libraries
    from builder.authoring.outdated import outdated as find
    from builder.corpus.files import read_source
    from builder.corpus.versions import library_name

    for corpus, _ in read_and_check(corpus_folders(corpora), is_rendered=False):
        outline = corpus.outline
        checked = checked_libraries(outline)
        if versions:
            given = {library_name(name): version for name, version in versions}
            now = _libraries(given, given.keys())
        else:
            now = _libraries({}, checked)
        found = list(find(outline, now, lambda path: read_source(path)[0].lines))
        missing = () if versions else sorted(checked - now.keys())
        show("\n".join(_report(outline, found, missing, is_all=is_all)))


def _libraries(given: Mapping[str, str], wanted: Collection[str]) -> dict[str, Library]:
    """Return libraries by name: with the given versions, or else the installed ones."""
    from importlib.metadata import PackageNotFoundError, packages_distributions, version

    from builder.authoring.outdated import Library
    from builder.corpus.versions import library_name

    modules: dict[str, list[str]] = {}
    for module, names in packages_distributions().items():
        for name in {library_name(each) for each in names}:
            modules.setdefault(name, []).append(module)
    found: dict[str, Library] = {}
    for name in wanted:
        try:
            found[name] = Library(
                version=given.get(name) or version(name), modules=tuple(sorted(modules.get(name, ())))
            )
        except PackageNotFoundError:
            continue
    return found


def _report(
    outline: Outline, found: Sequence[Outdated], missing: Sequence[str], is_all: bool
) -> Iterator[str]:
    listed = [each for each in found if is_all or each.is_about_it]
    for each in listed:
        library = each.checked.library
        yield (
            f"{each.question.location}: {each.question.id}: checked against {library} {each.checked.version},"
            f" now {each.now}{' (names a version)' if each.is_about_a_version else ''}"
        )
    name = outline.settings.id
    if not outline.settings.checked:
        yield f"{name}: no versions are given: see [checked] in docs/writing.md"
        return
    shown = Counter((each.checked.library, each.now) for each in listed)
    versioned = Counter((each.checked.library, each.now) for each in listed if each.is_about_a_version)
    of_all = Counter((each.checked.library, each.now) for each in found)
    for (library, version), number in sorted(of_all.items()):
        others = number - shown[library, version]
        also = f"; {others} more of their chapters do not name it: --all lists them" if others else ""
        first = f", {versioned[library, version]} of which name a version" if shown[library, version] else ""
        yield f"{name}: {library} {version}: {shown[library, version]} to look at again{first}{also}"
    if not found:
        yield f"{name}: no question was checked against another version"
    if missing:
        yield f"{name}: not installed, so not compared: {', '.join(missing)}"
