"""Options that are written by hand, with boxes, become a choice where exactly one is right."""

from __future__ import annotations

import pytest

from builder.importing.boxes import as_choice

FRONT = "\\- [ ] one.\\\n\\- [ ] two.\\\n\\- [ ] three."


@pytest.mark.parametrize(
    ("context", "answer", "choice"),
    [
        (FRONT, "\\- [x] two.", ("", "- [ ] one.\n- [x] two.\n- [ ] three.")),
        (
            f"Look:\n\n{FRONT}",
            "\\- [X] two.\\\n\nBecause.",
            ("Look:", "- [ ] one.\n- [x] two.\n- [ ] three.\n\nBecause."),
        ),
        ("", "- [ ] a\n- [x] b", ("", "- [ ] a\n- [x] b")),
        ("\\[\\] a\\\n\\[\\] b", "\\[x\\] b", ("", "- [ ] a\n- [x] b")),
    ],
)
def test_one_right_option_is_a_choice(context: str, answer: str, choice: tuple[str, str]) -> None:
    assert as_choice(context, answer) == choice


@pytest.mark.parametrize(
    ("context", "answer"),
    [
        (FRONT, "\\- [x] one.\\\n\\- [x] two."),
        (FRONT, "\\- [x] four."),
        (FRONT, "two."),
        ("", "\\- [x] only"),
        ("- [ ] same\n- [ ] same", "- [x] same"),
        ("words", "words"),
        (FRONT.replace("[ ] one", "[x] one"), "\\- [x] two."),
    ],
)
def test_anything_else_stays_as_it_is(context: str, answer: str) -> None:
    assert as_choice(context, answer) is None
