"""Examines the machine that cardpress runs on: versions, fonts, programs, and what outputs lack.

The report is for bug reports, so it has no names of users or hosts: the home folder is shown as `~`.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from builder import __version__

if TYPE_CHECKING:
    from builder.runtime.cache import Cache

WIDTH = 80
"""Maximum columns of a report, which is pasted into a text box or shown in a narrow terminal."""
_LABEL = 10
_MEGABYTE = 1_000_000
_EXTRAS: Mapping[str, Sequence[str]] = {"import": ("lxml", "mdformat")}
"""Packages of the extras of cardpress, besides those with fonts."""
Needed = Mapping[str, str]
"""Libraries: the name for pip, and the module."""
_READING: Needed = {
    "markdown-it-py": "markdown_it",
    "mdit-py-plugins": "mdit_py_plugins",
    "Pygments": "pygments",
}
_DECKS: Needed = {"genanki": "genanki", "Pillow": "PIL", "PyYAML": "yaml", "ziamath": "ziamath"}
_FONTS: Needed = {
    "fontpkg-inter": "fontpkg_inter",
    "fontpkg-jetbrains-mono": "fontpkg_jetbrains_mono",
    "uharfbuzz": "uharfbuzz",
}
_PDFS: Needed = {"WeasyPrint": "", "pydyf": "pydyf"}
"""WeasyPrint is not imported here: where Pango is missing, it prints a page of advice."""


@dataclass(frozen=True, slots=True)
class Report:
    """The information that a bug report needs."""

    lines: Sequence[str]
    """At most ten, of at most `WIDTH` characters."""
    problems: Sequence[str]
    """Why some outputs cannot be made, and what to do; empty if a build can make everything."""


def examine_environment(cache: Cache) -> Report:
    """Examine this machine. Writes nothing, and starts no program except git."""
    from builder.pipeline.outputs import OUTPUTS

    printed = [name for name, output in OUTPUTS.items() if output.is_printed and output.is_of_all]
    reading, decks, fonts, pdfs = (_versions(needed) for needed in (_READING, _DECKS, _FONTS, _PDFS))
    broken = [*_broken({**_READING, **_DECKS, **_FONTS, **_PDFS})]
    no_print = "" if broken else OUTPUTS[printed[0]].unavailable()
    problems = [f"cannot use {', '.join(broken)}: install cardpress again"] if broken else []
    if no_print:
        problems.append(f"cannot make {', '.join(printed)}: {no_print}")
    lines = (
        ("cardpress", f"{__version__} on Python {platform.python_version()} ({sys.implementation.name})"),
        ("system", f"{_system()}, {platform.machine()}; output is {_encoding()}"),
        ("Markdown", reading),
        ("decks", decks),
        ("PDFs", f"{pdfs}, {_pango()}"),
        ("fonts", fonts),
        ("extras", _extras()),
        ("git", _git() or "missing: earlier releases in git's history cannot be read"),
        ("cache", _cache(cache)),
        ("missing", _missing(broken, no_print, printed)),
    )
    return Report([_shortened(f"{label:{_LABEL}}{text}") for label, text in lines], problems)


def _shortened(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


def _versions(needed: Needed) -> str:
    return ", ".join(f"{name.removeprefix('fontpkg-')} {_version(name)}" for name in needed)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _broken(needed: Needed) -> Iterator[str]:
    """Yield the libraries that are missing or cannot be loaded, such as those for another system."""
    for name, module in needed.items():
        if _version(name) == "missing":
            yield name
        elif module:
            try:
                import_module(module)  # by name, because nothing here uses it
            except Exception:
                yield name


def _system() -> str:
    with suppress(OSError, KeyError):  # Linux only
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]}"
    return f"{platform.system()} {platform.release()}"


def _encoding() -> str:
    return str(getattr(sys.stdout, "encoding", None) or "unknown").lower()


def _pango() -> str:
    from builder.print.engine import pango

    # WeasyPrint may find a library that the system does not find by its plain name.
    names = zip(("Pango", "HarfBuzz"), pango.versions(), strict=False)
    return ", ".join(f"{name} {number}" for name, number in names) or "Pango of unknown version"


def _extras() -> str:
    from builder.design.fonts import SCRIPTS

    fonts = [(script.name, (script.package,)) for script in SCRIPTS]
    all_of_them = dict.fromkeys(name for name, _ in (*fonts, *_EXTRAS.items()))
    installed = dict.fromkeys(
        name
        for name, packages in (*fonts, *_EXTRAS.items())
        if all(_version(package) != "missing" for package in packages)
    )
    return "all" if len(installed) == len(all_of_them) else ", ".join(installed) or "none"


def _git() -> str:
    from builder.identity.git import program_version

    return program_version()


def _cache(cache: Cache) -> str:
    if not cache.limit:
        return "none: the folder of your settings cannot be written, so builds are slower"
    state = "writable" if cache.is_writable() else "read-only, so builds are slower"
    size = cache.size() // _MEGABYTE
    return f"{_shown(cache.folder)}, {size} of {cache.limit // _MEGABYTE} MB, {state}"


def _shown(path: Path) -> str:
    """Return a path, relative to the home folder if it is in it."""
    with suppress(ValueError, RuntimeError):  # it is elsewhere, or there is no home
        return str("~" / path.relative_to(Path.home()))
    return str(path)


def _missing(broken: Sequence[str], no_print: str, printed: Sequence[str]) -> str:
    if broken:
        return f"{', '.join(broken)}: nothing can be made"
    return f"Pango: cannot make {', '.join(printed)}" if no_print else "nothing: every output can be made"
