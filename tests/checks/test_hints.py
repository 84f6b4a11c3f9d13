"""What a finding says to do, done: fewer findings, and none that is new."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from builder.checks.catalogue import CATALOGUE, Entry
from builder.checks.fixes import Fix, Fixed, edited
from builder.corpus.model import Settings
from builder.diagnostics import Diagnostic
from builder.markdown.parser import Source
from tests.conftest import CASES
from tests.reading import Corpus, check, read_file
from tests.sounds import wav

_EXAMPLES = [entry for entry in CATALOGUE.values() if entry.of in ("chapter", "file")]
_IN_STEPS = {"missing-id", "attribute-order", "nested-heading"}
"""Fixed with all ids of the corpus in view, after or before others: tests/checks/test_fixes.py."""


def _found(text: str, folder: Path = CASES) -> list[Diagnostic]:
    chapters, diagnostics = read_file(Source(folder / "01-any.md", text))
    settings = Settings(id="cases", title="Any", deck="Any")
    return sorted([*diagnostics, *check(Corpus(folder=folder, settings=settings, chapters=chapters))])


def _after(text: str, finding: Diagnostic) -> str:
    fixed = Fixed(finding.location, finding.code, finding.message)
    return edited(text, [Fix((fixed,), finding.edits)])


def _assert_better(before: list[Diagnostic], after: list[Diagnostic]) -> None:
    counts = [Counter(each.code for each in found) for found in (before, after)]
    assert sum(counts[1].values()) < sum(counts[0].values())
    assert counts[1] <= counts[0], "nothing new"


@pytest.mark.parametrize("entry", _EXAMPLES, ids=lambda entry: entry.code)
def test_the_edit_of_an_example_fixes_it(entry: Entry) -> None:
    text = entry.bad if entry.of == "file" else f"# Any\n\n{entry.bad}"
    before = _found(text)
    edits = [each for each in before if each.edits and each.code not in _IN_STEPS]
    for finding in edits:
        _assert_better(before, _found(_after(text, finding)))
    if entry.is_fixable and entry.code not in _IN_STEPS:
        assert entry.code in {finding.code for finding in edits}


_ANSWER = "# T\n\n## Q? {#q}\n\n"
_CHOICE = "# T\n\n## Q? {#q .choice}\n\n"
_ROWS = {
    "a comment of Obsidian": (
        f"{_ANSWER}before\n\n%% hidden %%\n",
        "write <!-- comment -->",
        f"{_ANSWER}before\n\n<!-- hidden -->\n",
    ),
    "a card on one line": (
        f"{_ANSWER}front :: back\n",
        "begin each card with a heading, ## Question {#its-id}, and write its answer below",
        f"{_ANSWER}back\n",
    ),
    "a citation": (
        f"{_ANSWER}As shown [@smith2020].\n",
        "write the author and the year, or a footnote: ^[text]",
        f"{_ANSWER}As shown^[Smith 2020].\n",
    ),
    "TeX without dollars": (
        f"{_ANSWER}It is \\alpha.\n",
        "write a formula as $\\alpha$, or between lines of $$",
        f"{_ANSWER}It is $\\alpha$.\n",
    ),
    "bullets of a text": (
        f"{_ANSWER}• one\n• two\n",
        "begin each line with '- '",
        f"{_ANSWER}- one\n- two\n",
    ),
    "letters in parentheses": (
        f"{_ANSWER}a) one\nb) two\n",
        "begin each line with '- ' or '1. '",
        f"{_ANSWER}1. one\n2. two\n",
    ),
    "a subscript in a formula of its own": (
        f"{_ANSWER}$ x^2 $\n",
        "write a formula without spaces inside its dollar signs, $x^2$",
        f"{_ANSWER}$x^2$\n",
    ),
    "a command that no card knows": (
        f"{_ANSWER}$\\bm{{x}}$\n",
        "write \\boldsymbol{x}",
        f"{_ANSWER}$\\boldsymbol{{x}}$\n",
    ),
    "a sound as Anki writes it": (
        f"{_ANSWER}[sound:hund.wav]\n",
        "put the file into media/ and write its words and its name: ![word](media/name.mp3)",
        f"{_ANSWER}![Hund](media/hund.wav)\n",
    ),
    "spaces in a picture's name": (
        f"{_ANSWER}![a](media/Pasted image 1.png)\n",
        "rename the file, write ![a](media/Pasted-image-1.png)",
        f"{_ANSWER}![a](media/Pasted-image-1.png)\n",
    ),
    "a sign in a picture's name": (
        f"{_ANSWER}![a](media/scan #1.png)\n",
        "rename the file, write ![a](media/scan-1.png)",
        f"{_ANSWER}![a](media/scan-1.png)\n",
    ),
    "almost a picture's name": (
        f"{_ANSWER}![a](media/with-spaces.png)\n",
        "rename 'media/with space.png', whose name has a space: write 'media/with-space.png'",
        f"{_ANSWER}![a](media/with-space.png)\n",
    ),
    "a script": (
        f"{_ANSWER}[a](javascript:b)\n",
        "an address begins with https:, http: or mailto:, not javascript:; put code in backticks",
        f"{_ANSWER}`[a](javascript:b)`\n",
    ),
    "a file": (
        f"{_ANSWER}[a](file:///b)\n",
        "an address begins with https:, http: or mailto:, not file:; put code in backticks",
        f"{_ANSWER}[a](https://example.org/b)\n",
    ),
    "a diagram": (
        f"{_ANSWER}```mermaid\na\n```\n",
        "draw it, save the drawing under media/, and show that image",
        f"{_ANSWER}![a](media/blue.png)\n",
    ),
    "chemistry": (
        f"{_ANSWER}$\\ce{{A <=>> B}}$\n",
        "paper cannot show \\ce, though Anki can: write it in other commands, as in $\\mathrm{H_2O}$",
        f"{_ANSWER}$A \\rightleftharpoons B$\n",
    ),
}


@pytest.mark.parametrize("row", _ROWS)
def test_what_a_hint_says_is_the_last_step(row: str, tmp_path: Path) -> None:
    text, hint, fixed = _ROWS[row]
    folder = tmp_path / "cases"
    (folder / "media").mkdir(parents=True)
    content = (CASES / "media" / "blue.png").read_bytes()
    for name in ("with space.png", "blue.png"):
        (folder / "media" / name).write_bytes(content)
    before = _found(text, folder)
    assert [hint in each.hint for each in before] == [True]
    (folder / "media" / "hund.wav").write_bytes(wav())
    for name in ("with-space.png", "Pasted-image-1.png", "scan-1.png"):
        (folder / "media" / name).write_bytes(content)
    assert _found(fixed, folder) == []


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        (f"{_ANSWER}\t```python\n\tx = 1\n\t```\n", f"{_ANSWER}```python\nx = 1\n```\n"),
        (f"{_CHOICE}-[x] a\n-[ ] b\n", f"{_CHOICE}- [x] a\n- [ ] b\n"),
        (f"{_CHOICE}- [ ] a\n- [ ]b\n-[x]c\n", f"{_CHOICE}- [ ] a\n- [ ] b\n- [x] c\n"),
        (f"{_ANSWER}Text\n---\n\n## R? {{#r}}\n\nB.\n", f"{_ANSWER}Text\n\n---\n\n## R? {{#r}}\n\nB.\n"),
        (f"{_ANSWER}A.\n\n### Pitfalls ##\n\nB.\n", f"{_ANSWER}A.\n\n### Pitfall ##\n\nB.\n"),
        (
            f"{_ANSWER}A.\n\n### D? {{#d}}\n\nB.\n\n### Pitfall\n\nC.",
            f"{_ANSWER}A.\n\n### Pitfall\n\nC.\n\n### D? {{#d}}\n\nB.\n\n",
        ),
        (
            f"{_ANSWER}A.\n\n### Pitfall\n\nB.\n\n### Other\n\nC.\n\n### Pitfall\n\nD.\n",
            f"{_ANSWER}A.\n\n### Pitfall\n\nB.\n\nD.\n\n### Other\n\nC.\n\n",
        ),
    ],
)
def test_an_edit_is_all_that_was_missing(text: str, fixed: str) -> None:
    before = _found(text)
    (finding,) = (each for each in before if each.edits)
    assert _after(text, finding) == fixed
    after = _found(fixed)
    others = ("trailing-divider", "option-without-reason")
    assert [each.code for each in after if each.code not in others] == []
