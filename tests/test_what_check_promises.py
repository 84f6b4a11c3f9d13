"""What `check` ends well with, `build` makes: whatever the texts are, paper is no reason not to."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builder.cli import main
from builder.pipeline.outputs import OUTPUTS
from tests.printing import needs_pango

pytestmark = [pytest.mark.slow, needs_pango]

WORDS = st.sampled_from(
    (
        "plain",
        "\U0001f389",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u2764\ufe0f\u26a1",
        "\u65e5\u672c\u8a9e\u306e\u6587",
        "\u0645\u0631\u062d\u0628\u0627",
        "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
        "a\u200bb\u00adc",
        "e\u0301\u0302\u0303",
        "&amp; &lt; \\*",
        "**bold** *italic* ~~gone~~",
        "`code`",
        "`" + "long_name(argument)." * 6 + "`",
        "[link](https://example.org/" + "path/" * 20 + ")",
        "https://example.org/" + "x" * 150,
        "enormous" * 30,
        "$x^2$",
        "$\\ce{H2O}$",
        "$\\frac{a$",
        "$\\begin{pmatrix}a\\\\b\\end{pmatrix}$",
        "\u211d\u2308\u266a\u2610",
    )
)
COUNTS = st.sampled_from((1, 2, 7, 40))


@st.composite
def lines(draw: st.DrawFn, most: int = 40) -> str:
    """Draw words on one line, once or many times."""
    words = draw(st.lists(WORDS, min_size=1, max_size=4))
    return " ".join(words * min(draw(COUNTS), most))


@st.composite
def tables(draw: st.DrawFn) -> str:
    """Draw a table: wide, tall, with a tall row, or nothing of that."""
    columns, rows = draw(st.sampled_from(((1, 40), (3, 20), (9, 2), (60, 0))))
    cells = draw(st.lists(lines(2), min_size=1, max_size=3))
    if draw(st.booleans()):
        cells[0] = "tall " * draw(st.sampled_from((1, 600)))
    cells = [cell.replace("|", "\\|") for cell in cells]
    row = "| " + " | ".join((cells * columns)[:columns]) + " |"
    head = "| " + " | ".join(f"head{n}" for n in range(columns)) + " |"
    return "\n".join((head, "|" + "---|" * columns, row, *[head] * rows))


@st.composite
def codes(draw: st.DrawFn) -> str:
    """Draw a block of code of up to 300 lines, or one of a very long line."""
    line = draw(
        st.sampled_from(("x = 1", "", "\u65e5 = '\U0001f389'", "def f(): return g(a, b)", "y" * 2000))
    )
    count = 1 if len(line) > 1000 else draw(st.sampled_from((1, 7, 300)))
    return "```python\n" + "\n".join([line] * count) + "\n```"


FORMULAS = st.sampled_from(
    (
        "$$\nx\n$$",
        "$$\n\\begin{matrix}" + "\\\\".join("abcdefghij" * 6) + "\\end{matrix}\n$$",
        "$$\n" + "+".join("x" * 200) + "\n$$",
        "$$\n\\nonsense{x}\n$$",
        "$$\n" + "{" * 60 + "x" + "}" * 60 + "\n$$",
    )
)


@st.composite
def lists(draw: st.DrawFn) -> str:
    """Draw a list, of several levels or of items of any length."""
    items = draw(st.lists(lines(7), min_size=1, max_size=3))
    mark = draw(st.sampled_from(("- ", "7. ")))
    if draw(st.booleans()):
        return "\n".join(" " * len(mark) * level + mark + item for level, item in enumerate(items))
    return "\n".join(mark + item for item in items * draw(st.sampled_from((1, 2, 15))))


BLOCKS = st.one_of(
    lines(),
    tables(),
    codes(),
    FORMULAS,
    lists(),
    lines().map(lambda text: f"> {text}\n>\n> {text}"),
    lists().map(lambda text: "- first\n\n  " + text.replace("\n", "\n  ")),
    tables().map(lambda text: "- first\n\n  " + text.replace("\n", "\n  ")),
)
ANSWERS = st.lists(BLOCKS, min_size=1, max_size=2).map("\n\n".join)


@st.composite
def chapters(draw: st.DrawFn) -> str:
    """Draw a chapter with a question or two, of any kind."""
    parts = [f"# {draw(lines(7))}", draw(st.just("") | BLOCKS)]
    for number in range(draw(st.integers(1, 2))):
        kind = draw(st.sampled_from(("", "", ".reversed", ".cloze", ".choice", ".typed")))
        prompt = draw(lines())
        answer = draw(ANSWERS)
        if kind == ".cloze":
            answer = f"Some {{{{c1::words}}}} first.\n\n{answer}"
        elif kind == ".choice":
            answer = f"- [x] {draw(lines())}\n- [ ] {draw(lines())}"
        elif kind == ".typed":
            answer = f"`typed`\n\n{answer}"
        marks = " ".join(filter(None, (f"#q{number}", kind, draw(st.sampled_from(("", "", ".core"))))))
        parts.append(f"## {prompt}{number} {{{marks}}}\n\n{answer}")
        if draw(st.booleans()):
            parts.append(f"<!-- more -->\n\n{draw(ANSWERS)}")
        for section in draw(st.sets(st.sampled_from(("Why interviewers ask", "Pitfall", "On paper")))):
            parts.append(f"### {section}\n\n{draw(ANSWERS)}")
    return "\n\n".join(parts) + "\n"


@st.composite
def deck_tomls(draw: st.DrawFn) -> str:
    """Draw a deck.toml: outputs, paper and card stock."""
    title = draw(lines(7).filter(lambda text: text.isprintable() and "\\" not in text))
    texts = {"id": "demo", "title": title, "deck": "Demo", "description": title}
    written = [f'{name} = "{text}"' for name, text in texts.items()]
    if names := draw(st.sets(st.sampled_from(tuple(OUTPUTS)))):
        written.append(f"outputs = {sorted(names)}")
    written.append("[print]")
    written.append(f'paper = "{draw(st.sampled_from(("A4", "Letter")))}"')
    written.append(f"columns = {draw(st.sampled_from((2, 3)))}")
    written.append(f'stock = "{draw(st.sampled_from(("A4", "3x5", "business-card")))}"')
    written.append(f'turn = "{draw(st.sampled_from(("long", "short", "fold")))}"')
    return "\n".join(written) + "\n"


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(chapter=chapters(), deck=deck_tomls())
def test_what_check_ends_well_with_is_built(chapter: str, deck: str) -> None:
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "demo"
        folder.mkdir()
        (folder / "01-first.md").write_text(chapter)
        (folder / "deck.toml").write_text(deck)
        checked = CliRunner().invoke(main, ["--quiet", "check", str(folder)])
        output = Path(temporary) / "out"
        built = CliRunner().invoke(main, ["--quiet", "build", str(folder), "--output", str(output)])
        assert (built.exit_code == 0) == (checked.exit_code == 0), checked.output + built.output
        asked = re.findall(r"'(\w+)'", deck.partition("outputs = ")[2].partition("\n")[0])
        names = asked or [
            name for name, one in OUTPUTS.items() if one.is_of_all and (name != "core" or ".core}" in chapter)
        ]
        if checked.exit_code == 0:
            made = {path.name for path in output.glob("demo*")}
            assert made == {f"demo{OUTPUTS[name].suffix}" for name in names}
