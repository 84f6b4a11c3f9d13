"""The corpus's blocks: which depend on which, and what is told where one fails or cannot run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.blocks import read_block
from tests.conftest import PROJECT
from tests.programs import PROGRAMS


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("x = y", {"y"}),
        ("y = 1\nx = y", set()),
        ("x = x + 1", {"x"}),
        ("x += 1", {"x"}),
        ("x: T = y", {"T", "y"}),
        ("import os.path, sys as s\nos, s, sys", {"sys"}),
        ("from a import b as c\nb, c", {"b"}),
        ("for n in numbers:\n    n\nn", {"numbers"}),
        ("with opened(path) as one, wrapped(one):\n    one", {"opened", "path", "wrapped"}),
        ("try:\n    x\nexcept E as error:\n    error", {"x", "E"}),
        ("[n for n in numbers if n in known]", {"numbers", "known"}),
        ("{k: v for k, v in pairs}", {"pairs"}),
        ("if (found := look()):\n    found", {"look"}),
        ("match value:\n    case [first, *rest] | {'a': first, **rest}:\n        first, rest", {"value"}),
        ("def f(a, b=default):\n    c = a\n    return b, c, later\nlater = 1", {"default"}),
        ("def f():\n    return later", {"later"}),
        ("def f():\n    def g():\n        return later\n    return g", {"later"}),
        ("f = lambda a: a + b", {"b"}),
        (
            "@mark\nclass C(Base):\n    x = 1\n    y = x + z\n    def m(self):\n        return w, C",
            {"mark", "Base", "z", "w"},
        ),
        ("os.environ['A'] = b", {"os", "os.environ", "b"}),
        ("print(os.environ['A'])", {"print", "os", "os.environ", "os.environ['A']"}),
    ],
)
def test_a_block_reads_what_it_does_not_make_first(source: str, reads: set[str]) -> None:
    assert read_block(source).reads == reads


@pytest.mark.parametrize(
    ("source", "makes"),
    [
        ("a = b, c = 1, 2\nd: int = 1\ne: int", {"a", "b", "c", "d"}),
        ("import os.path, sys as s\nfrom a import b", {"os", "s", "b"}),
        ("def f(a): pass\nclass C: x = 1", {"f", "C"}),
        ("with o() as a:\n    b = 1\nfor c in (): d = 1", {"a", "b", "c", "d"}),
        ("os.environ['A'] = 1", {"os.environ['A']", "os"}),
        ("app.config.update(a=1)", {"app"}),
        ("@app.get('/')\ndef home(): pass", {"app", "home"}),
        ("@login_required\n@limited(3)\ndef home(): pass", {"home"}),
        ("Session(app)", set()),
        ("[a for a in b]", set()),
    ],
)
def test_a_block_makes_what_it_assigns_imports_defines_or_changes(source: str, makes: set[str]) -> None:
    assert read_block(source).made_from(0) == makes


def test_a_block_that_ends_in_the_middle_has_made_what_stands_before() -> None:
    block = read_block("a = 1\nwith o() as b:\n    c = 1\nd = 1")
    assert block.made_from(1) == {"a", "b", "c", "d"}
    assert block.made_from(2) == block.made_from(3) == {"b", "c", "d"}
    assert block.made_from(4) == {"d"}


CHAPTER = """\
# Chapter

## What is one? {#one}

```python
one = 1
```

<!-- invisible-code-block: python
from tests.running import redis_url

before = 2
url = redis_url()
app = object()
-->

```python
store = str(url)
```

```python
def kept():
    return store
```

```python
assert before == 2
```

<!-- invisible-code-block: python
import threading


def fail(number):
    raise ValueError(f"thread {number}")


for number in (1, 2):
    thread = threading.Thread(target=fail, args=[number])
    thread.start()
    thread.join()
-->

```python
assert one == 2, "they differ"
```

```python
def raises(text):
    raise LookupError(text)


raises("no such book")
```

```python
app = 3
```

```python
assert app == 3
```

```json
{"a": }
```

### What does this print? {#prints}

```python
print("a", one)
```

---

`a 2`

### And what does this print? {#prints-too}

```python
print("a", store)
```

---

`a 2`
"""


FAILING = """\
from tests.running import run
def test_helped():
    run({}, "python", "-c", "print('said'); raise SystemExit(3)")

def test_alone():
    titles = ["Dune", "Emma"]
    assert sorted(titles) == ["Dune", "Emmy"]

def raises():
    raise LookupError("no such book")
def test_raises():
    raises()
"""


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["alone", "side by side"])
def test_whatever_fails_in_a_chapter_has_its_place_and_its_values_and_the_rest_goes_on(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    told = _told(tmp_path, *options)
    assert "INTERNALERROR" not in told
    assert "5 failed, 5 passed, 5 skipped" in told
    failed = re.findall(r"^FAILED content/01-chapter.md::line:(\d+)", told, re.MULTILINE)
    assert [int(line) for line in failed] == [
        _line("import threading") - 1,
        _line("assert one == 2") - 1,
        _line("def raises(text)") - 1,
        _line('{"a": }') - 1,
        _line("`a 2`"),
    ]
    for place, said in (
        (f"content/01-chapter.md:{_line('assert one == 2')}: in <module>", "E   assert 1 == 2"),
        (
            f"content/01-chapter.md:{_line('    raise LookupError')}: in raises",
            "E   LookupError: no such book",
        ),
        (f'content/01-chapter.md", line {_line("    raise ValueError")}, in fail', "ValueError: thread 1"),
        ("content/conftest.py", "E   AssertionError: said 'a 2', printed 'a 1\\n'"),
    ):
        assert place in told
        assert said in told
    assert len(told.splitlines()) < 200, "not the chapter's whole text"


@pytest.mark.slow
def test_what_a_missing_program_was_for_is_skipped_by_name_with_what_uses_it_and_nothing_else(
    tmp_path: Path,
) -> None:
    reason = "redis-server is not installed (Debian: redis-server)"
    found = re.findall(
        r"^SKIPPED content/01-chapter.md::line:(\d+),column:1 - Skipped: (.*)", _told(tmp_path), re.MULTILINE
    )
    first, second = _line("from tests.running") - 1, _line("store = str(url)") - 1
    third, fourth = _line("def kept()") - 1, _line('print("a", store)') - 1
    assert [(int(line), why) for line, why in found] == [
        (first, reason),
        (second, f"it uses url of the block in line {first}: {reason}"),
        (third, f"it uses store of the block in line {second}: {reason}"),
        (fourth, f"it uses store of the block in line {second}: {reason}"),
        (CHAPTER.count("\n"), f"it is the output of the block in line {fourth}: {reason}"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["alone", "side by side"])
def test_a_test_that_fails_has_its_place_and_both_values(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Where a helper fails for it, too."""
    told = _told(tmp_path, *options, of="test_failing.py")
    assert "3 failed" in told
    for said in (
        *("test_failing.py:3: ", "E       AssertionError: said", "E       assert 3 == 0"),
        *(
            "test_failing.py:7: AssertionError",
            "E       AssertionError: assert ['Dune', 'Emma'] == ['Dune', 'Emmy']",
        ),
        *("test_failing.py:12: ", "test_failing.py:10: LookupError", "E       LookupError: no such book"),
    ):
        assert said in told


def test_what_is_installed_for_tests_is_what_they_use() -> None:
    packages = (PROJECT / ".ci" / "packages.txt").read_text().split()
    makefile = (PROJECT / "Makefile").read_text()
    pango = makefile.partition("PANGO := ")[2].partition("\n")[0].split()
    assert sorted(packages) == sorted({*PROGRAMS.values(), *pango, "python3-venv"})


def _line(text: str) -> int:
    return CHAPTER[: CHAPTER.index(text)].count("\n") + 1


def _told(folder: Path, *options: str, of: str = "content") -> str:
    """Return what pytest says of the chapter, or of a test, on a machine without optional programs."""
    for name in ("conftest.py", "content/conftest.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, folder / name)
    (folder / "content" / "01-chapter.md").write_text(CHAPTER)
    (folder / "test_failing.py").write_text(FAILING)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "CI"))}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rfEs",
        "--no-fold-skipped",
        "-W",
        "error",
        "--dist",
        "loadfile",
    ]
    return subprocess.run(
        [*command, *options, of],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(PROJECT), "PATH": str(folder)},
        text=True,
        capture_output=True,
    ).stdout
