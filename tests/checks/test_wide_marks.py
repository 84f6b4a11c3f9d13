"""Marks in wide characters are named; natural text of Chinese and Japanese is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.checks.wide_marks import marks_are_narrow
from builder.corpus.reader import read_chapter
from builder.markdown.source import Source
from tests.conftest import WriteCorpus

Run = Callable[..., Result]
MARKS = (
    *(
        "これは＊＊太字＊＊です",
        "｀コード｀と言う",
        "＝＝印＝＝を付ける",
        "｛｛ｃ１：：答え｝｝",
        "｛｛c1::答え｝｝",
    ),
    *(
        "！［雨］（media/ame.mp3）",
        "![雨]（media/ame.mp3）",
        "［言葉］（https://example.jp）",
        "[言葉](＃a1)"[:4] + "（＃a1）",
    ),
    *("{漢字｜かんじ}を読む", "｛漢字｜かんじ｝", "｛漢字|かんじ｝", "題 ｛＃its-id｝"),
    *("- ［ｘ］ 二", "- ［ ］ 一", "- ［　］ 一", "-　項目一\n-　項目二", "-\u00a0item", "*\u00a0item"),
    *("１．項目\n２．項目", "1．項目\n2．項目", "１）一\n２）二", "・一つ\n・二つ", "●一つ\n●二つ"),
    *("｜一｜二｜\n｜---｜---｜", "答え\n\n－－－\n\n次"),
)
TEXTS = (
    *(
        "（例）コーヒー［注］",
        "「日本」（media）",
        "＊印を見よ",
        "Ａ＝Ｂ、Ｃ＝Ｄ",
        "ＡＢＣ｜ＤＥＦ",
        "５．３の倍",
    ),
    *("答え・質問・例", "・一つだけ", "１、二、三", "［x］は変数", "［１］（二〇二〇年）を見よ", "100－50"),
    *(
        "`｛＃a｝`と`＊＊太字＊＊`",
        "今年は１．５倍\n２倍",
        "日本　東京",
        "価格は5\u00a0€",
        "[日本](https://ja.wikipedia.org/wiki/（日本）)",
    ),
    *("［表1］（３．５％）", "［A］（1/2）", "［速度］（km/h）", "{x｜x＞0}", "｛東京｜京都｝のどちらか"),
    *("・一つ\\\n・二つ", "１．項目  \n２．項目", "• one<br>\n• two"),
    *("项目（一），［二］", "“一”｜“二”", "他说：！？", "**「重要」**", "- 一\n- 二"),
)


def _codes(text: str) -> list[str]:
    chapter, _ = read_chapter(Source(Path("01-a.md"), f"# T\n\n## Q {{#q}}\n\n{text}\n"))
    return [each.code for each in marks_are_narrow(chapter)]


@pytest.mark.parametrize("text", MARKS)
def test_a_wide_mark_is_named(text: str) -> None:
    assert "wide-mark" in _codes(text)


@pytest.mark.parametrize("text", TEXTS)
def test_natural_text_is_not(text: str) -> None:
    assert _codes(text) == []


@pytest.mark.parametrize(
    "line", ["＃＃ 二番 {#b}", "##　二番 {#b}", "##\u00a0Second {#b}", "＃　章", "###　よくある間違い"]
)
def test_a_heading_with_a_wide_mark_is_an_error_because_a_question_would_be_lost(
    run: Run, write_corpus: WriteCorpus, line: str
) -> None:
    result = run("check", write_corpus({"01-first.md": f"# T\n\n## Q {{#q}}\n\nA.\n\n{line}\n\nB.\n"}))
    assert "01-first.md:7:1: error: " in result.stderr
    assert "[no-heading]" in result.stderr
    assert "turn the input method off" in result.stderr
