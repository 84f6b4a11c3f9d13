"""Chooses one of the two presses."""

from __future__ import annotations

from builder.print.engine import weasyprint
from builder.print.engine.fragment_press import FragmentPress
from builder.print.engine.plain_press import PlainPress
from builder.print.engine.press import OnPiece, Press, ignore_progress
from builder.print.engine.weasyprint import Design
from builder.runtime.cache import Cache


def choose_press(*, design: Design, cache: Cache, on_piece: OnPiece = ignore_progress) -> Press:
    """Return the fragment press if WeasyPrint's version is known, otherwise the plain press."""
    make = FragmentPress if weasyprint.is_known() else PlainPress
    return make(design=design, cache=cache, on_piece=on_piece)
