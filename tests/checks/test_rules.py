"""The rules for good cards: each finds its bad example, nothing in its good one, and can be switched off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from builder.checks.rules import CODES, RULE_TABLE, RULES, Rulebook, rulebook
from builder.checks.rules.rule import Rule
from builder.corpus.model import Chapter, Choices, Outline, Settings
from builder.corpus.reader import read_chapter
from builder.diagnostics import Diagnostic
from builder.markdown.parser import Source
from tests.conftest import CASES, WriteCorpus, assert_golden
from tests.measuring import growth
from tests.reading import Corpus, check

SETTINGS = Settings(id="any", title="Any", deck="Any")


def _corpus(text: str, chosen: Choices = (), language: str = "en") -> Corpus:
    source = Source(Path("01-any.md"), text if text.startswith("# ") else f"# Any\n\n{text}")
    chapter, diagnostics = read_chapter(source)
    assert diagnostics == []
    settings = replace(SETTINGS, rules=chosen, language=language)
    return Corpus(folder=Path("any"), settings=settings, chapters=(chapter,))


def _found(text: str, chosen: Choices = (), language: str = "en") -> list[Diagnostic]:
    return sorted(check(_corpus(text, chosen, language)))


def _codes(text: str, chosen: Choices = (), language: str = "en") -> list[str]:
    return [diagnostic.code for diagnostic in _found(text, chosen, language)]


@pytest.mark.parametrize("path", sorted((CASES / "rules").glob("*.md")), ids=lambda path: path.stem)
def test_rules_find(path: Path) -> None:
    chapter, diagnostics = read_chapter(Source(Path(f"01-{path.name}"), path.read_text(encoding="utf-8")))
    assert diagnostics == []
    corpus = Corpus(folder=Path("any"), settings=SETTINGS, chapters=(chapter,))
    assert_golden("".join(f"{found}\n" for found in sorted(check(corpus))), path.with_suffix(".txt"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
class TestEveryRule:
    """What holds of any rule."""

    def test_finds_its_bad_example_and_no_other_rule_does(self, rule: Rule[Chapter] | Rule[Outline]) -> None:
        assert set(_codes(rule.bad)) == {rule.code}

    def test_finds_nothing_in_its_good_example_nor_does_any_other(
        self, rule: Rule[Chapter] | Rule[Outline]
    ) -> None:
        assert _codes(rule.good) == []

    def test_gives_its_reason_and_says_what_to_do(self, rule: Rule[Chapter] | Rule[Outline]) -> None:
        assert rule.reason.endswith((".", "…"))
        assert all(found.hint for found in _found(rule.bad))

    def test_is_switched_off_or_made_an_error_in_deck_toml(self, rule: Rule[Chapter] | Rule[Outline]) -> None:
        assert _found(rule.bad, ((rule.code, "off"),)) == []
        assert {found.severity for found in _found(rule.bad, ((rule.code, "error"),))} == {"error"}

    def test_is_switched_off_at_a_question(self, rule: Rule[Chapter] | Rule[Outline]) -> None:
        allowing = rule.bad
        for found in _found(rule.bad):
            line = f"# Any\n\n{rule.bad}".split("\n")[found.location.line - 1]
            heading = line if line.startswith("#") else _heading_above(rule.bad, line)
            allowing = allowing.replace(heading, heading.removesuffix("}") + f' allow="{rule.code}"}}')
        assert rule.code not in _codes(allowing)
        assert "needless-allow" not in _codes(allowing)

    def test_an_allowance_that_allows_nothing_is_named(self, rule: Rule[Chapter] | Rule[Outline]) -> None:
        needless = rule.good.replace("}\n", f' allow="{rule.code}"}}\n', 1)
        assert _codes(needless) == ["needless-allow"]


def _heading_above(text: str, line: str) -> str:
    above = text[: text.index(line)].split("\n")
    return next(each for each in reversed(above) if each.startswith("#"))


def test_every_rule_has_a_code_of_its_own() -> None:
    assert len(set(CODES)) == len(CODES)
    assert not {*CODES} & {*RULE_TABLE.numbers}


def test_every_rule_has_a_case() -> None:
    expected = "".join(path.read_text(encoding="utf-8") for path in (CASES / "rules").glob("*.txt"))
    assert {rule.code for rule in RULES if f"[{rule.code}]" not in expected} == set()


def test_numbers_of_deck_toml_count() -> None:
    text = "## What is the longest word of all the words in this prompt? {#longest}\n\nNone.\n"
    assert _codes(text) == []
    assert _codes(text, (("longest-prompt", 11),)) == ["prompt-too-long"]
    assert _codes(text, (("longest-prompt", 12),)) == []


def test_rules_that_know_english_words_leave_other_languages_alone() -> None:
    text = "## Is das Wort gut? {#wort}\n\nEs ist gut.\n"
    assert _codes(text, language="en-GB") == ["yes-no-question"]
    assert _codes(text, language="de") == []


def test_words_are_counted_where_nothing_separates_them() -> None:
    text = f"## {'アプリケーションコンテキスト' * 6}とは何ですか? {{#kontext}}\n\nだ。\n"
    assert "prompt-too-long" in _codes(text, language="ja")


@pytest.mark.parametrize(
    "prompt",
    [
        "Is `g` global?",
        "Does a blueprint have a name?",
        "In Flask 3.1, can a view be a coroutine?",
        "Isn't the session encrypted?",
    ],
)
def test_what_yes_or_no_would_answer_is_found(prompt: str) -> None:
    assert _codes(f"## {prompt} {{#any}}\n\nIt depends.\n") == ["yes-no-question"]


@pytest.mark.parametrize(
    "prompt",
    [
        "Is `g` bound to the thread, or to the context?",
        "When does `g` end, is it kept?",
        "What is `g`?",
        "Has-a",
        "Can you name what `g` is bound to?",
        "If a view fails, which hook runs?",
    ],
)
def test_what_yes_or_no_would_not_answer_is_left_alone(prompt: str) -> None:
    assert _codes(f"## {prompt} {{#any}}\n\nIt depends.\n") == []


@pytest.mark.parametrize(
    "code",
    [
        "```python\n@app.get('/')\ndef index():\n    ...\n```",
        "```python\n    return value\n```",
        "```python\nawait queue.get()\n```",
        "```python\nconfig = {'a': 1, ...}\n```",
        "```python\ndef view(name, ...):\n    …\n```",
        '```python\n@app.get("/")\n...\n```',
        "```python\nfor row in rows:\n…\n```",
        "```python\n>>> (1 +\n... 1)\n2\n>>> print('}')\n}\n```",
        "```python\npattern = '\\d'\n```",
        "```python\ncount = 1\nglobal count\n```",
        "```python\nnonlocal count\n```",
        "```python\ndef view(name, name): ...\n```",
        "```python\nfrom __future__ import braces\n```",
        '```json\n{"a": [1, …]}\n```',
        "```toml\na = 1\n[b]\n```",
        "```text\nno ) code\n```",
        "```javascript\nno ) code we can parse\n```",
        "```python\n```",
    ],
)
def test_code_that_is_right_or_elided_is_left_alone(code: str) -> None:
    assert _codes(f"## What is it? {{#it}}\n\nThis:\n\n{code}\n") == []


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("```python\nx = 1\nprint(x\n```", 9),
        ("```python\n>>> x = (\n1\n```", 8),
        ("```python\nx = ...\ny = 1\nprint(]\n```", 10),
        ("```python\ndef view(name)\n    pass\n```", 8),
        ('```json\n{\n"a": 1,}\n```', 9),
        ("```toml\na = 1\na = 2\n```", 9),
        ("- in a list\n\n  ```python\n  x = 1\n  print(x]\n  ```", 11),
    ],
)
def test_code_that_is_wrong_is_named_with_its_line(code: str, line: int) -> None:
    (found,) = _found(f"## What is it? {{#it}}\n\nThis:\n\n{code}\n")
    assert (found.code, found.location.line) == ("code-does-not-parse", line)


def test_code_with_gaps_is_judged_as_it_is_shown() -> None:
    text = "## The call is {#call .cloze}\n\n```python\nurl_for({{c1::'index'}})\n```\n"
    assert _codes(text) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What does the application context hold?", "What is held in a request context?"),
        ("What does `before_request` return?", "What does `after_request` return?"),
        ("Which hook runs before a view?", "Which hook runs after a view?"),
        ("What does Flask not call?", "What does Flask call?"),
        ("Idempotent", "Idempotency"),
        ("מַה פֵּרוּשׁ הַמִּלָּה בָּקָר בַּתּוֹרָה?", "מַה פֵּרוּשׁ הַמִּלָּה בֹּקֶר בַּתּוֹרָה?"),
        ("ما معنى كلمة عِلْم في اللغة؟", "ما معنى كلمة عَلَم في اللغة؟"),
    ],
)
def test_prompts_that_ask_for_different_things_are_told_apart(one: str, other: str) -> None:
    assert _codes(f"## {one} {{#one}}\n\nA.\n\n## {other} {{#other}}\n\nB.\n") == []


def test_a_near_duplicate_names_the_other_place() -> None:
    one, other = "Which hooks run after a view failed?", "After a view has failed, which hooks run?"
    (found,) = _found(f"## {one} {{#one}}\n\nA.\n\n## {other} {{#other}}\n\nB.\n")
    assert found.location.line == 7
    assert "01-any.md:3:1" in found.message


@pytest.mark.parametrize("allowing", [0, 1])
def test_either_of_two_near_duplicates_may_allow_the_other(allowing: int) -> None:
    prompts = ["Which hooks run after a view failed?", "After a view has failed, which hooks run?"]
    allowances = ["", ""]
    allowances[allowing] = ' allow="near-duplicate-prompt"'
    questions = [
        f"## {prompt} {{#q{number}{allowance}}}\n\nA.\n"
        for number, (prompt, allowance) in enumerate(zip(prompts, allowances, strict=True))
    ]
    assert _codes("\n".join(questions)) == []


def test_a_duplicate_to_the_letter_is_named_once() -> None:
    text = "## What is it? {#one}\n\nA.\n\n## What is it? {#other}\n\nB.\n"
    assert _codes(text) == ["duplicate-prompt"]


@pytest.mark.slow
def test_thousands_of_prompts_are_not_compared_each_with_every_other() -> None:
    def work(size: int) -> Callable[[], object]:
        names = [f"{number // 100}_{number % 100}" for number in range(size)]
        text = "".join(
            f"## What does the function `f_{name}` of module {number % 7} give back? {{#q{number}}}\n\nA.\n\n"
            for number, name in enumerate(names)
        )
        outline = _corpus(text).outline()
        assert list(Rulebook().judge_outline(outline)) == []
        return lambda: list(Rulebook().judge_outline(outline))

    assert growth(work, 4000) < 3


def test_a_small_corpus_may_use_a_tag_once() -> None:
    assert _codes('## What is it? {#it tags="alone"}\n\nA.\n') == []
    assert _codes('## What is it? {#it tags="alone"}\n\nA.\n', (("fewest-questions-for-tags", 1),)) == [
        "tag-used-once"
    ]


def test_a_tag_within_one_that_others_have_has_company() -> None:
    text = '## What is one? {#one tags="a::b"}\n\nA.\n\n## What is two? {#two tags="a"}\n\nA.\n'
    assert "a::b" not in str(_found(text, (("fewest-questions-for-tags", 1),)))


def test_what_a_rule_finds_in_an_introduction_has_no_question_to_allow_it() -> None:
    assert _codes("# Any\n\n```\ncode\n```\n\n## What is it? {#it}\n\nA.\n") == ["code-without-language"]


def test_the_needless_can_be_switched_off_too() -> None:
    text = '## What is it? {#it allow="yes-no-question"}\n\nA.\n'
    assert _codes(text) == ["needless-allow"]
    assert _codes(text, (("needless-allow", "off"),)) == []


def test_what_deck_toml_switches_off_needs_no_allowance() -> None:
    text = '## Is it? {#it allow="yes-no-question"}\n\nA.\n'
    assert _codes(text) == []
    assert _codes(text, (("yes-no-question", "off"),)) == ["needless-allow"]


def test_the_rules_of_a_corpus_can_be_compared_and_sent_to_another_process() -> None:
    import pickle

    rules = rulebook(replace(SETTINGS, rules=(("longest-prompt", 9),)))
    assert pickle.loads(pickle.dumps(rules)) == rules
    assert hash(rules) == hash(Rulebook((("longest-prompt", 9),), "en"))


@pytest.mark.parametrize("severity", ["error", "warning", "off"])
def test_a_corpus_may_take_advice_more_or_less_seriously(
    run: Callable[..., Result], write_corpus: WriteCorpus, severity: str
) -> None:
    chosen = "".join(f'{code} = "{severity}"\n' for code in ("unknown-language", "no-answer", "other-file"))
    text = "# T\n\n## Why? {#why}\n\n```klingon\nx\n```\n\n## How? {#how}\n"
    settings = f'id = "demo"\ntitle = "T"\ndeck = "T"\n\n[rules]\n{chosen}duplicate-prompt = "off"\n'
    result = run("check", write_corpus({"01-first.md": text, "deck.toml": settings, "TODO.md": ""}))
    assert result.exit_code == (severity == "error")
    assert result.stderr.count(f": {severity}: ") == (0 if severity == "off" else 3)
