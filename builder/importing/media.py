"""Images beside a source's texts: which of them are taken along, and what they are called then."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from builder.corpus.images import SUFFIXES, ImageError, check_image
from builder.runtime.regular_files import files_below

_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass
class Media:
    """The files that a corpus will have in its folder `media/`."""

    root: Path
    """Folder that images may lie in: nothing else of a machine is taken along."""
    taken: dict[str, Path] = field(default_factory=dict)
    """Files by their new names."""
    _names: dict[Path, str] = field(default_factory=dict)
    _refused: set[Path] = field(default_factory=set)
    _by_name: dict[str, Path] | None = None

    def take(self, src: str, folder: Path) -> str:
        """Return the new address of an image, as a text in a folder shows it; empty if it cannot be shown."""
        name = unquote(src.split("#")[0].split("?")[0])
        root = self.root.resolve()
        for base in (folder, self.root):
            try:
                path = (base / name.lstrip("/")).resolve()
                if path.is_relative_to(root) and path.is_file():
                    return self.named(path)
            except (OSError, ValueError, RuntimeError):  # too long, a NUL, a link to itself
                return ""
        return ""

    def find(self, name: str) -> str:
        """Return the new address of an image of a name, wherever it lies; empty if it cannot be shown."""
        if self._by_name is None:
            self._by_name = {}
            for path in files_below(self.root):
                if path.suffix.lower() in SUFFIXES:
                    self._by_name.setdefault(path.name.casefold(), path.resolve())
        found = self._by_name.get(name.rpartition("/")[2].casefold())
        return self.named(found) if found and found.is_relative_to(self.root.resolve()) else ""

    def named(self, path: Path) -> str:
        """Return the new address of a file; empty if it is no image that can be shown."""
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
        used = {name.casefold() for name in self.taken}
        name, number = f"{stem}{suffix}", 1
        while name.casefold() in used:
            number += 1
            name = f"{stem}-{number}{suffix}"
        return name
