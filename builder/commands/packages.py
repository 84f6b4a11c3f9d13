"""The package that an option names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from builder.package import Release


def package_named(against: str) -> Release | None:
    """Read the package that `against` names, if it names a file."""
    from builder.package import read_package

    return read_package(Path(against)) if Path(against).is_file() else None
