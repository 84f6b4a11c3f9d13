"""Images beside a source's texts: chooses those that the corpus gets, and their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from builder.corpus.images import SUFFIXES, ImageError, check_image
from builder.importing.model import Loss
from builder.markdown.parser import is_web_address
from builder.runtime.regular_files import files_below

_ADDRESS = re.compile(r"media/([A-Za-z0-9._-]+)")
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass
class Media:
    """The files for the folder `media/` of a corpus."""

    root: Path
    """Folder in which images must be: no other file of the machine is copied."""
    fetch: Callable[[str], Path | None] | None = None
    """Downloads an image, if the author asked for it."""
    taken: dict[str, Path] = field(default_factory=dict)
    """Files by their new names."""
    remote: dict[str, str] = field(default_factory=dict)
    """Addresses of images on the web, each with the target to show: the same address, or a file."""
    _names: dict[Path, str] = field(default_factory=dict)
    _refused: set[Path] = field(default_factory=set)
    _used: set[str] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=dict)
    _by_name: dict[str, Path] | None = None

    def take(self, src: str, folder: Path) -> str:
        """Return the new address of an image in a text of a folder; empty if it cannot be shown."""
        if is_web_address(src):
            return self._on_the_web(src)
        path = self._path(unquote(src.split("#")[0].split("?")[0]), folder)
        return self.named(path) if path else ""

    def _on_the_web(self, src: str) -> str:
        if src not in self.remote:
            path = self.fetch(src) if self.fetch else None
            self.remote[src] = (self.named(path) if path else "") or src
        return self.remote[src]

    def losses(self, shown: Iterable[str]) -> list[Loss]:
        """Return a loss for each image on the web that some texts show."""
        text = "\n".join(shown)
        hint = "it cannot be downloaded" if self.fetch else "--fetch downloads it"
        return [
            Loss(src[:200], "image on the web", hint)
            for src, new in self.remote.items()
            if src == new and src in text
        ]

    def find(self, name: str, folder: Path) -> str:
        """Return the address, relative to the root, of an image that a text refers to only by name."""
        path = self._path(name, folder)
        if path is None:
            if self._by_name is None:
                self._by_name = {}
                for each in files_below(self.root):
                    if each.suffix.lower() in SUFFIXES:
                        self._by_name.setdefault(each.name.casefold(), each.resolve())
            path = self._by_name.get(name.rpartition("/")[2].casefold())
        root = self.root.resolve()
        return f"/{quote(path.relative_to(root).as_posix())}" if path and path.is_relative_to(root) else ""

    def used(self, texts: Iterable[str]) -> dict[str, Path]:
        """Return the files that some texts show, by their new names."""
        names = {name for text in texts for name in _ADDRESS.findall(text)}
        return {name: path for name, path in self.taken.items() if name in names}

    def _path(self, name: str, folder: Path) -> Path | None:
        """Return the file that a text in a folder refers to; None if there is none within the root."""
        root = self.root.resolve()
        for base in (folder, self.root):
            try:
                path = (base / name.lstrip("/")).resolve()
                if path.is_relative_to(root) and path.is_file():
                    return path
            except (OSError, ValueError, RuntimeError):  # too long, a NUL, a link to itself
                return None
        return None

    def named(self, path: Path) -> str:
        """Return the new address of a file; empty if it is not a supported image."""
        if path in self._refused:
            return ""
        if path not in self._names:
            try:
                if path.suffix.lower() not in SUFFIXES:
                    raise ValueError
                check_image(path, path.name)
            except (ImageError, ValueError):
                self._refused.add(path)
                return ""
            self._names[path] = self._free(path)
            self.taken[self._names[path]] = path
        return f"media/{self._names[path]}"

    def _free(self, path: Path) -> str:
        stem = _NO_NAME.sub("-", path.stem).strip("-.") or "image"
        suffix = path.suffix.lower()
        wanted = f"{stem}{suffix}".casefold()
        number = self._numbers.get(wanted, 0) + 1
        name = f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}"
        while name.casefold() in self._used:
            number += 1
            name = f"{stem}-{number}{suffix}"
        self._numbers[wanted] = number
        self._used.add(name.casefold())
        return name
