"""Converts Anki's image occlusion to the lines of an `.occlusion`: shapes become boxes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from builder.importing.html_to_markdown import LookLoss

MARK = "image-occlusion:"
_SHAPE = re.compile(
    r"\{\{c([0-9]{1,3})::image-occlusion:([a-z]{1,20})((?::[a-z]{1,20}=[^:{}]{0,2000})*)(?:::[^{}]*)?\}\}"
)
_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+")
_LEAST = 0.005
"""Minimum width and height of a box, as a share of its image."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """The boxes of an image."""

    lines: str
    """A list, one box a line; empty if there are none."""
    hides_all: bool = False
    """True if all other boxes are hidden, too."""
    losses: Sequence[LookLoss] = ()


def boxes_of(html: str) -> Boxes:
    """Return the boxes in a field of Anki's image occlusion."""
    lines: list[str] = []
    losses: list[LookLoss] = []
    hides_all = False
    for number, shape, written in _SHAPE.findall(html):
        values = dict(pair.split("=", 1) for pair in written.split(":") if pair)
        hides_all |= values.get("oi") == "1"
        box = _box(shape, values) if int(number) else None
        if box is None:
            losses.append(LookLoss("image occlusion", f"a shape {shape!r} over the image is left out"))
            continue
        if shape not in ("rect", "ellipse"):
            losses.append(LookLoss("image occlusion", f"a shape {shape!r} became the box around it"))
        ending = " ellipse" if shape == "ellipse" else ""
        lines.append(f"- {{{{c{int(number)}::{int(number)}}}}} {' '.join(map(_percent, box))}{ending}")
    return Boxes("\n".join(lines), hides_all, losses)


def _box(shape: str, values: Mapping[str, str]) -> tuple[float, float, float, float] | None:
    """Return left, top, width and height, as shares of the image, within it."""
    if shape == "polygon":
        points = [[_share(each) for each in point.split(",")] for point in values.get("points", "").split()]
        if not points or any(len(point) != 2 for point in points):
            return None
        left, top = (min(point[axis] for point in points) for axis in (0, 1))
        right, bottom = (max(point[axis] for point in points) for axis in (0, 1))
    elif shape in ("rect", "ellipse"):
        left, top = _share(values.get("left", "0")), _share(values.get("top", "0"))
        width, height = (
            (2 * _share(values.get("rx", "0")), 2 * _share(values.get("ry", "0")))
            if shape == "ellipse"
            else (_share(values.get("width", "0")), _share(values.get("height", "0")))
        )
        right, bottom = left + width, top + height
    else:
        return None
    left, right = max(0.0, min(left, 1 - _LEAST)), max(0.0, min(right, 1.0))
    top, bottom = max(0.0, min(top, 1 - _LEAST)), max(0.0, min(bottom, 1.0))
    return left, top, max(right - left, _LEAST), max(bottom - top, _LEAST)


def _share(text: str) -> float:
    """Return a share of an image, from -10 to 10; 0 for anything but a number."""
    return max(-10.0, min(float(text), 10.0)) if _NUMBER.fullmatch(text.strip()) else 0.0


def _percent(share: float) -> str:
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + "%"
