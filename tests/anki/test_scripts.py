"""Scripts of a stranger's card templates and fields: left out, and all else as it was."""

from __future__ import annotations

import pytest

from builder.anki.scripts import without_scripts
from tests.growing import assert_it_grows_slowly

SCRIPTS = {
    "<SCRIPT src='x.js'>x</script >y": "y",
    "a<script>never closed": "a",
    "<script>{{#Back}} x {{/Back}}</script>z": "{{#Back}}{{/Back}}z",
    "<script>{{^Back}}": "{{^Back}}",
    '<img src=x onerror="alert(1)">': "<img src=x>",
    "<img/onerror=alert(1) src=x>": "<img src=x>",
    "<a title='a>b' onclick='x'>y</a>": "<a title='a>b'>y</a>",
    '<a href=" jav&#97;\nscript:x">y</a>': "<a>y</a>",
    '<a href="data:text/html,x">y</a>': "<a>y</a>",
    '<iframe srcdoc="<script>x</script>">z</iframe>': "<iframe>z</iframe>",
    '<svg><set to="javascript:x" /></svg>': "<svg><set /></svg>",
    "<scr<script></script>ipt>alert(1)</script>b": "b",
}


@pytest.mark.parametrize("html", SCRIPTS)
def test_a_script_is_left_out_and_nothing_else(html: str) -> None:
    assert without_scripts(html) == SCRIPTS[html]


@pytest.mark.parametrize(
    "html",
    [
        "",
        "{{#Front}}<b class=one data-on=2>{{cloze:Text}}</b>&nbsp;a < b onx=3 > c{{/Front}}",
        '<br class="one"><a href="https://example.org/?a=1&amp;b=javascript:">x</a> on=3 & description: y',
        "<p>A <code>&lt;script&gt;</code>, on = 5 and javascript: are words.</p>",
    ],
)
def test_what_is_no_script_stays_to_the_byte(html: str) -> None:
    assert without_scripts(html) == html


def test_scripts_that_are_hidden_in_each_other_are_shown_as_text() -> None:
    nested = "<script>"
    for _ in range(9):
        nested = nested[:4] + nested + nested[4:]
    assert "<script" not in without_scripts(f"{nested}</script>" * 9).lower()


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["<a '", "<script", "<a onclick=", "</script>", '<a x="', "<a\n/"])
def test_leaving_out_scripts_takes_no_longer_than_the_text_is(piece: str) -> None:
    def construct(length: int) -> str:
        return piece * (length // len(piece)) + "&"

    assert_it_grows_slowly(without_scripts, construct, 20_000, 160_000)
