"""The calibration page: crosses on both sides show how far a printer shifts the back of a sheet."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path

from builder.corpus.model import Settings
from builder.corpus.papers import Stock, Turn
from builder.design.fonts import large_families, using
from builder.print.engine.choose import choose_press
from builder.print.engine.press import MakePress, Page, drawing
from builder.print.engine.weasyprint import Design
from builder.print.flashcards import stock_and_turn
from builder.print.layout.imposition import turns_sideways
from builder.runtime.cache import Cache

_REACH = 6
"""Length of the scales to each side, in millimetres."""


def write(
    settings: Settings, css: str, path: Path, cache: Cache, make_press: MakePress = choose_press
) -> None:
    """Write the calibration page for a corpus's paper and turning edge. Raises `BuildError`."""
    stock, turn = stock_and_turn(settings)
    width, height = stock.paper
    signs = _signs(stock, turn)
    words = (
        "Print both pages on one sheet as you print cards: actual size, no scaling. Hold it against the"
        " light, this side towards you. Read the place of the other side’s cross on these scales. It is the"
        " offset: --offset right,down."
    )
    front = (
        f'<div class="page"><h1 class="calibration">{escape(settings.title)}: calibration</h1>'
        f'<p class="calibration">{escape(words)}</p>{_scales(width, height, signs)}'
    )
    back = f'<div class="page">{_cross(width, height)}'
    page = f"@page {{ size: {width:.3f}mm {height:.3f}mm }} .page {{ height: {height:.3f}mm }}"
    titled = replace(settings, title=f"{settings.title}: calibration")
    with using(settings.print.fonts):
        large = large_families(settings.title, [settings.language])
    design = Design(settings=titled, css=css, style="", page=page, media=(), large=large)
    press = make_press(design=design, cache=cache)
    press.print([Page(front, ()), Page(back, ())], path)


def _signs(stock: Stock, turn: Turn) -> tuple[int, int]:
    """Return the directions in which the scales grow; on the front, right and down.

    The back is seen through the front: if the paper is turned over an upright edge, left and right are
    swapped. A shift is corrected by an offset in the other direction, and the scales show that offset.
    """
    return (1, -1) if turns_sideways(stock, turn) else (-1, 1)


def _scales(width: float, height: float, signs: tuple[int, int]) -> str:
    """Draw a cross with a scale along each arm, in the middle of the page."""
    marks = [f"M-{_REACH} 0h{2 * _REACH}M0 -{_REACH}v{2 * _REACH}"]
    for place in range(-_REACH, _REACH + 1):
        length = 1 if place % 2 else 2
        marks.append(f"M{place} {-length / 2}v{length}M{-length / 2} {place}h{length}")
    numbers = "".join(
        f"<text x='{n}' y='3'>{signs[0] * n:+d}</text><text x='2.6' y='{n + 0.6}'>{signs[1] * n:+d}</text>"
        for n in range(-_REACH, _REACH + 1, 2)
        if n
    )
    return _drawing(width, height, "".join(marks), "scales, in millimetres", numbers)


def _cross(width: float, height: float) -> str:
    return _drawing(width, height, f"M-{_REACH} 0h{2 * _REACH}M0 -{_REACH}v{2 * _REACH}", "a cross")


def _drawing(width: float, height: float, path: str, words: str, more: str = "") -> str:
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='-10 -10 20 20'>"
        f"<path d='{path}' stroke='#14181d' stroke-width='0.1' fill='none'/>"
        f"<g font-family='Inter' font-size='1.8' text-anchor='middle'>{more}</g></svg>"
    )
    return (
        f'<img class="scales" alt="{words}" src="{drawing(svg)}"'
        f' style="left: {width / 2 - 10:.3f}mm; top: {height / 2 - 10:.3f}mm">'
    )
