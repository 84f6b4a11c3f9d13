"""Versions that a corpus was checked against: `06-contexts = "flask 3.1, werkzeug 3.1"` in deck.toml."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME, _VERSION = r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?", r"[0-9]\w*(?:\.\w+)*"
_ONE = re.compile(rf"\s*(?P<name>{_NAME})\s+(?P<version>{_VERSION})\s*")
VERSIONS = rf"\s*{_NAME}\s+{_VERSION}\s*(?:,\s*{_NAME}\s+{_VERSION}\s*)*"
"""Form of a text with versions, as a regular expression that JSON schemas can use, too."""


@dataclass(frozen=True, slots=True)
class CheckedVersion:
    """A library, and the version that a chapter or question was checked against."""

    library: str
    """Its name as package indexes compare it: `flask-sqlalchemy`."""
    version: str
    """Only the parts that matter: `3.1` is any 3.1.x."""

    def is_met_by(self, version: str) -> bool:
        """Tell whether a version is this one, or a patch of it."""
        parts = self.version.split(".")
        return version.split(".")[: len(parts)] == parts


def read_versions(text: str) -> tuple[CheckedVersion, ...]:
    """Read versions separated by commas. Raises `ValueError` with the first invalid one."""
    versions: list[CheckedVersion] = []
    for part in text.split(","):
        found = _ONE.fullmatch(part)
        if not found:
            raise ValueError(part.strip())
        versions.append(CheckedVersion(library_name(found["name"]), found["version"]))
    return tuple(versions)


def library_name(name: str) -> str:
    """Return a library's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
