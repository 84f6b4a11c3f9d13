"""Versions of the system's text layout libraries, read without loading WeasyPrint."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import cache

_LIBRARIES = {
    "pango_version_string": ("libpango-1.0.so.0", "libpango-1.0.0.dylib", "libpango-1.0-0.dll"),
    "hb_version_string": ("libharfbuzz.so.0", "libharfbuzz.0.dylib", "libharfbuzz-0.dll"),
}


@cache
def versions() -> tuple[str, ...]:
    """Return the versions of Pango and HarfBuzz, because other versions may break lines elsewhere.

    A library that is not on the system's search path is left out.
    """
    return tuple(
        version
        for function, names in _LIBRARIES.items()
        if (version := next(filter(None, (_version(name, function) for name in names)), ""))
    )


def _version(library: str, function: str) -> str:
    with suppress(OSError, AttributeError):
        found = getattr(ctypes.CDLL(library), function)
        found.restype = ctypes.c_char_p
        return bytes(found()).decode()
    return ""
