"""Marks that other tools know, beside CommonMark: what they become, and what only looks like one."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.checks.content import html_is_not_used
from builder.checks.foreign_marks import marks_are_of_markdown
from builder.corpus.reader import read_chapter
from builder.markdown.cloze import ClozeForm
from builder.markdown.parser import parse, to_html
from builder.markdown.source import Passage, Source, plain_text


def _passage(text: str) -> Passage:
    return Passage(Source(Path("01-a.md"), text), tuple(parse(text)))


def _html(text: str, form: ClozeForm = ClozeForm.WRITTEN) -> str:
    return to_html(_passage(text), {}, form)


def _line(text: str, form: ClozeForm = ClozeForm.WRITTEN) -> str:
    return _html(text, form).removeprefix("<p>").removesuffix("</p>")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("~~gone~~ and ~~**bold**~~", "<s>gone</s> and <s><strong>bold</strong></s>"),
        ("H~2~O", "H<sub>2</sub>O"),
        ("CH~3~CH~2~OH", "CH<sub>3</sub>CH<sub>2</sub>OH"),
        ("SO~4~^2-^", "SO<sub>4</sub><sup>2-</sup>"),
        ("log~2~8 and x~i,j~", "log<sub>2</sub>8 and x<sub>i,j</sub>"),
        ("x^2^+y^2^ and 1^st^", "x<sup>2</sup>+y<sup>2</sup> and 1<sup>st</sup>"),
        ("Na^+^, 10^-3^mol, e^-x/2^", "Na<sup>+</sup>, 10<sup>-3</sup>mol, e<sup>-x/2</sup>"),
        ("^14^C and ^99m^Tc", "<sup>14</sup>C and <sup>99m</sup>Tc"),
        (
            "an ==important **b** `c==` one==",
            "an <mark>important <strong>b</strong> <code>c==</code> one</mark>",
        ),
        ('"==a=="', '"<mark>a</mark>"'),
        ("و==كلمة==، ה==מילה==ו", "و<mark>كلمة</mark>، ה<mark>מילה</mark>ו"),
        ("הַ==מִלָּה==", "הַ<mark>מִלָּה</mark>"),
        ("{食|た}べる", "<ruby>食<rt>た</rt></ruby>べる"),
        ("a [日本]{lang=ja}", 'a <span lang="ja" dir="auto">日本</span>'),
        (
            '[**a** {食|た}]{lang="ja"}',
            '<span lang="ja" dir="auto"><strong>a</strong> <ruby>食<rt>た</rt></ruby></span>',
        ),
        ("*a [b* c]{lang=ja} d*", '<em>a <span lang="ja" dir="auto">b* c</span> d</em>'),
        ("{漢字|かんじ}", "<ruby>漢字<rt>かんじ</rt></ruby>"),
        ("{漢字|かん|じ}", "<ruby>漢<rt>かん</rt>字<rt>じ</rt></ruby>"),
        ("{汉字|hànzì}", "<ruby>汉字<rt>hànzì</rt></ruby>"),
        ("{20歳|はたち}", "<ruby>20歳<rt>はたち</rt></ruby>"),
        ("{二〇二五|にせんにじゅうご}", "<ruby>二〇二五<rt>にせんにじゅうご</rt></ruby>"),
        (
            "{ABC|エービーシー}と{〇|まる}",
            "<ruby>ABC<rt>エービーシー</rt></ruby>と<ruby>〇<rt>まる</rt></ruby>",
        ),
        ("{食べる|<b>}", "<ruby>食べる<rt>&lt;b&gt;</rt></ruby>"),
        ("~~==H~2~O==~~", "<s><mark>H<sub>2</sub>O</mark></s>"),
    ],
)
def test_marks_of_other_tools_mean_what_they_mean_there(text: str, html: str) -> None:
    assert _line(text) == html


@pytest.mark.parametrize(
    "text",
    [
        *("a ~~ b ~~ c", "~/.bashrc and ~/x", "PATH=~/bin:~/x:~/y", "about ~5 and ~6", "1~3,4~5 and 2~3~4"),
        *("a ^ b ^ c", "x^2+y^2", "^C^V", "[^a-z^]", "2^8 and 2^16"),
        *("a == b and c == d", "x==y", "a==b: c==d", "=== a ===", "f(a==b, c==d)"),
        *("{a|b}", "{{名前|safe}}", "{{ 名前|safe }}", "{% 名|b %}", "{漢字|か|ん|じ}", "{食|}"),
        *("x~i+1~y", "~5~", "a/~b~"),
    ],
)
def test_what_only_looks_like_a_mark_is_text(text: str) -> None:
    assert _line(text) == text


@pytest.mark.parametrize("text", ["~~a~~", "H~2~O", "x^2^", "==a==", "{食|た}", "https://a.example/b"])
def test_no_mark_is_read_in_code_and_behind_a_backslash(text: str) -> None:
    assert _line(f"`{text}`") == f"<code>{text}</code>"
    assert f">{text}<" in _html(f"```\n{text}\n```\n")
    escaped = "".join(f"\\{sign}" if sign in "~^=:{" else sign for sign in text)
    assert _line(escaped) == text


def test_no_mark_is_read_in_formulas() -> None:
    assert _line("$x^2$ or $y^2$") == (
        '<span class="math">\\(x^2\\)</span> or <span class="math">\\(y^2\\)</span>'
    )
    assert "<sup>" not in _line("\\(x^2\\), \\(y^2\\) and $x^{a^b}$")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("{{c1::~~a~~}} b", "{{c1::<s>a</s>}} b"),
        ("H{{c1::~2~}}O, x{{c2::^2^::which}}", "H{{c1::<sub>2</sub>}}O, x{{c2::<sup>2</sup>::which}}"),
        ("{{c1::{食|た}}}べる", "{{c1::<ruby>食<rt>た</rt></ruby>}}べる"),
        ("==a {{c1::b}} c==", "<mark>a {{c1::b}} c</mark>"),
        ("==a {{c1::b== c}} d", "==a {{c1::b== c}} d"),
    ],
)
def test_marks_and_cloze_deletions_stand_within_each_other(text: str, html: str) -> None:
    assert _line(text, ClozeForm.MARKED) == html


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://a.example/b_c_d~e~f, and", "https://a.example/b_c_d~e~f"),
        ("(http://localhost:5000/)", "http://localhost:5000/"),
        ("**https://a.example/x**", "https://a.example/x"),
        ("見る https://a.example/b。次", "https://a.example/b"),
        ("（ https://a.example/b）", "https://a.example/b"),
        ("https://a.example/b(c).", "https://a.example/b(c)"),
        ("https://a.example?b=1&c=2", "https://a.example?b=1&amp;c=2"),
    ],
)
def test_a_bare_address_is_a_link(text: str, address: str) -> None:
    assert f'<a href="{address}">{address}</a>' in _line(text)


@pytest.mark.parametrize(
    "text",
    [
        *("git@host:x and a@b.example", "www.a.example", "mailto:a@b.example", "redis://a:1/0", "a:http://"),
        *("http://u:p@a.example", "xhttp://a.example", "http:// a.example", "http://[1]/"),
    ],
)
def test_what_is_no_address_of_the_web_is_text(text: str) -> None:
    assert "<a" not in _line(text)


def test_an_address_in_a_link_is_the_links_words() -> None:
    html = '<a href="https://a.example">https://b.example</a>'
    assert _line("[https://b.example](https://a.example)") == html


def test_the_words_of_marks_are_words() -> None:
    assert (
        plain_text(_passage("~~a~~ ==b== H~2~O https://c.example {食|た}")) == "a b H2O https://c.example 食"
    )


def _notes(*texts: str) -> str:
    items = "".join(f"<li>{text}</li>\n" for text in texts)
    return f'<ol class="notes">\n{items}</ol>'


def _reference(number: int) -> str:
    return f'<sup class="note">{number}</sup>'


def test_footnotes_are_numbered_in_the_order_in_which_they_are_referred_to() -> None:
    text = "A[^b] and^[within, with [a link](https://a.example)], then[^a], again[^b].\n\n"
    text += "[^a]: *First*\n[^b]: `b`\n"
    one, two, three = map(_reference, (1, 2, 3))
    assert _html(text) == (
        f"<p>A{one} and{two}, then{three}, again{one}.</p>\n"
        + _notes("<code>b</code>", 'within, with <a href="https://a.example">a link</a>', "<em>First</em>")
    )


def test_a_footnote_may_have_several_blocks_and_footnotes_of_its_own() -> None:
    text = "A[^a].\n\n[^a]: One[^b].\n\n    Two.\n\n[^b]: B.\n"
    assert _html(text) == (
        f"<p>A{_reference(1)}.</p>\n" + _notes(f"<p>One{_reference(2)}.</p>\n<p>Two.</p>\n", "B.")
    )


def test_footnotes_stand_at_the_end_of_the_part_that_refers_to_them() -> None:
    text = (
        "# T\n\n## Q? {#q}\n\nContext^[c].\n\n---\n\nLead[^1].\n\n<!-- more -->\n\nDetails[^1].\n\n"
        "### Pitfall\n\nTrap[^2].\n\n***\n\n## R? {#r}\n\nOther[^1].\n\n[^1]: own\n\n"
        "## S? {#s}\n\nThird[^2].\n\n[^1]: one\n[^2]: two\n"
    )
    chapter, found = read_chapter(Source(Path("01-a.md"), text.replace("Third[^2]", "Third[^2], [^1]")))
    assert found == []
    q, r, s = chapter.questions
    one, two = _reference(1), _reference(2)
    assert to_html(q.context, {}) == f"<p>Context{one}.</p>\n{_notes('c')}"
    assert to_html(q.lead, {}) == f"<p>Lead{one}.</p>\n{_notes('own')}"
    assert to_html(q.details, {}) == f"<p>Details{one}.</p>\n{_notes('own')}"
    assert to_html(q.sections[0].body, {}) == f"<p>Trap{one}.</p>\n{_notes('two')}"
    assert to_html(r.lead, {}) == f"<p>Other{one}.</p>\n{_notes('own')}"
    assert to_html(s.lead, {}) == f"<p>Third{one}, {two}.</p>\n{_notes('two', 'one')}"


def test_a_cloze_deletion_in_a_footnote_is_one() -> None:
    html = _html("A[^1].\n\n[^1]: {{c1::b}}\n", ClozeForm.MARKED)
    assert html == f"<p>A{_reference(1)}.</p>\n{_notes('{{c1::b}}')}"


def test_a_finding_in_a_footnote_has_its_place() -> None:
    text = "# T\n\n## Q? {#q}\n\nA[^1]\nand^[b ++c++].\n\n[^1]: d\n    ++e++\n"
    chapter, _ = read_chapter(Source(Path("01-a.md"), text))
    places = [(each.location.line, each.location.column) for each in marks_are_of_markdown(chapter)]
    assert places == [(9, 5), (6, 8)]


@pytest.mark.parametrize("text", ["a[^1]", "a[^]", "^[]", "^[ a]", "a^[b", "> [^1]: a"])
def test_what_is_no_footnote_is_text(text: str) -> None:
    assert "notes" not in _html(f"{text}\n")


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("> [!warning] Of the *dog*\n> It bites.\n", "Of the <em>dog</em>", "<p>It bites.</p>\n"),
        ("> [!CAUTION]-\n> It bites.\n", "Caution", "<p>It bites.</p>\n"),
        ("> [!danger]\n>\n> It bites.\n", "Danger", "<p>It bites.</p>\n"),
        ("> [!bug] Alone\n", "Alone", ""),
        ("> [!error] A\n> - b\n", "A", "<ul>\n<li>b</li>\n</ul>\n"),
    ],
)
def test_a_callout_is_a_box_with_a_title(text: str, title: str, body: str) -> None:
    box = f'<div class="callout warn">\n<p class="callout-title">{title}</p>\n{body}</div>'
    assert _html(text) == box
    quoted = "".join(f"> {line}\n" for line in text.splitlines())
    assert _html(quoted) == f"<blockquote>\n{box}\n</blockquote>"


def test_callouts_of_any_other_kind_are_notes() -> None:
    assert _html("> [!Merke]+\n> a\n") == (
        '<div class="callout">\n<p class="callout-title">Merke</p>\n<p>a</p>\n</div>'
    )


@pytest.mark.parametrize(
    "text", ["> a\n> [!note] b", "> [!note]b", "> [note] b", "[!note] b", "> > a\n> [!note]"]
)
def test_what_is_no_callout_is_a_quotation_or_text(text: str) -> None:
    assert "callout" not in _html(f"{text}\n")


def test_a_list_right_after_a_callout_is_outside() -> None:
    assert _html("> [!note]\n> a\n- b\n").endswith("</div>\n<ul>\n<li>b</li>\n</ul>")


def test_a_finding_in_a_callout_has_its_place() -> None:
    text = "# T\n\n## Q? {#q}\n\n> [!note] A ++b++\n> C.\n> D ++e++\n"
    chapter, _ = read_chapter(Source(Path("01-a.md"), text))
    places = [(each.location.line, each.location.column) for each in marks_are_of_markdown(chapter)]
    assert places == [(5, 13), (7, 5)]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Term\n: *one*\n: two\n", "<dt>Term</dt>\n<dd><em>one</em></dd>\n<dd>two</dd>\n"),
        ("A\n: b\n\nC\n: d\n", "<dt>A</dt>\n<dd>b</dd>\n<dt>C</dt>\n<dd>d</dd>\n"),
        ("A\n: b\n\n  c\n", "<dt>A</dt>\n<dd>\n<p>b</p>\n<p>c</p>\n</dd>\n"),
        ("A\n\n: ```\n  b\n  ```\n", '<dt>A</dt>\n<dd>\n<pre class="code"><code>b</code></pre>\n</dd>\n'),
    ],
)
def test_a_term_and_its_definitions_are_a_list(text: str, html: str) -> None:
    assert _html(text) == f"<dl>\n{html}</dl>"


@pytest.mark.parametrize("text", ["A\n~ b", "A\n:b", "A\n:smile: b", "a\nb\n: c", ": a", "A\n::: b"])
def test_what_is_no_definition_is_text(text: str) -> None:
    assert "<d" not in _html(f"{text}\n")


def test_terms_and_definitions_may_be_gaps() -> None:
    html = _html("{{c1::A}}\n: {{c2::b}}\n", ClozeForm.MARKED)
    assert html == "<dl>\n<dt>{{c1::A}}</dt>\n<dd>{{c2::b}}</dd>\n</dl>"


@pytest.mark.parametrize(
    ("written", "width"),
    [
        *(
            ("{width=300}", "300"),
            ("{width=300px}", "300"),
            ('{width="50%"}', "50%"),
            ("{width=100%}", "100%"),
        ),
        ("{ width=5 }", "5"),
    ],
)
def test_an_image_may_have_a_width(written: str, width: str) -> None:
    assert _line(f"![a](b.png){written} c") == f'<img src="b.png" alt="a" width="{width}"> c'


@pytest.mark.parametrize(
    "written", ["{width=0}", "{width=101%}", "{width=3em}", "{.wide}", " {width=300}", "{}"]
)
def test_what_is_no_width_is_text(written: str) -> None:
    assert _line(f"![a](b.png){written}") == f'<img src="b.png" alt="a">{written}'


def test_a_width_stands_behind_an_image_alone() -> None:
    assert _line("a{width=300}, `b`{width=300}") == "a{width=300}, <code>b</code>{width=300}"


def test_an_image_in_a_gap_may_have_a_width() -> None:
    html = _line("{{c1::![a](b.png){width=300}}}", ClozeForm.MARKED)
    assert html == '{{c1::<img src="b.png" alt="a" width="300">}}'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("H<sub>2</sub>O, x<SUP>2</SUP>", "H<sub>2</sub>O, x<sup>2</sup>"),
        ("<kbd>Ctrl</kbd>+<kbd>C</kbd>, <u>*a*</u>", "<kbd>Ctrl</kbd>+<kbd>C</kbd>, <u><em>a</em></u>"),
        ("a<br>b<br />c", "a<br />\nb<br />\nc"),
        (
            "<ruby>食<rp>(</rp><rt>た</rt><rp>)</rp></ruby>べる",
            "<ruby>食<rp>(</rp><rt>た</rt><rp>)</rp></ruby>べる",
        ),
        ('<abbr title="a &quot;b&quot;">B</abbr>', '<abbr title="a &quot;b&quot;">B</abbr>'),
        ("<abbr>B</abbr>, <mark>a</mark>", "<abbr>B</abbr>, <mark>a</mark>"),
        ("**<u>a</u>**", "<strong><u>a</u></strong>"),
    ],
)
def test_html_that_does_no_harm_is_kept(text: str, html: str) -> None:
    assert _line(text) == html


@pytest.mark.parametrize(
    "text",
    [
        *("<sub>a", "a</sub>", "*<u>a*</u>", "<u>*a</u>*", "<u><sub>a</u></sub>", "<sub class=x>a</sub>"),
        *("<rt>a</rt>", "<ruby>a<rt>b</ruby>", "<ruby><u>a<rt>b</rt></u>", "<abbr onclick='x'>a</abbr>"),
        *("<b>a</b>", "<u title='x'>a</u>", "<br class=x>", "</br>", "{{c1::<u>a}}</u>"),
    ],
)
def test_html_that_is_not_closed_in_its_place_or_has_attributes_is_refused(text: str) -> None:
    chapter, _ = read_chapter(Source(Path("01-a.md"), f"# T\n\n## Q? {{#q}}\n\n{text}\n"))
    assert {each.code for each in html_is_not_used(chapter)} == {"raw-html"}


def test_the_words_of_html_are_words() -> None:
    assert plain_text(_passage("a<br>b <u>c</u>")) == "a b c"


@pytest.mark.parametrize(
    ("text", "alt"),
    [
        ("a\\]b \\*c\\*", "a]b *c*"),
        ("{漢字|かんじ} *a*", "漢字 a"),
        ("`a` $x^2$ H~2~O", "a x^2 H2O"),
        ("a ![b](c.png)", "a b"),
    ],
)
def test_the_words_of_an_image_are_all_that_is_written(text: str, alt: str) -> None:
    assert _line(f"![{text}](d.png)") == f'<img src="d.png" alt="{alt}">'
