"""Corpora of any size, in cardpress's own grammar: a hundred questions a chapter, no two alike."""

from __future__ import annotations

import random
from pathlib import Path

PER_CHAPTER = 100
_WORDS = (
    "request",
    "response",
    "session",
    "cookie",
    "header",
    "route",
    "template",
    "context",
    "worker",
    "queue",
    "cache",
    "index",
    "cursor",
    "lock",
    "thread",
    "process",
    "signal",
    "token",
    "schema",
    "field",
    "record",
    "stream",
    "buffer",
    "socket",
    "pool",
    "retry",
    "timeout",
    "backoff",
    "handler",
    "registry",
    "factory",
    "adapter",
    "proxy",
    "visitor",
    "mixin",
    "closure",
    "generator",
    "iterator",
    "descriptor",
    "metaclass",
)
_VERBS = (
    "keeps",
    "returns",
    "replaces",
    "delays",
    "hides",
    "shares",
    "copies",
    "locks",
    "streams",
    "retries",
)


def write_corpus(folder: Path, questions: int) -> None:
    """Write a corpus of so many questions: each with lists, bold, code in its words, three tags, 20 lines."""
    folder.mkdir(parents=True)
    (folder / "deck.toml").write_text(
        f'id = "{folder.name}"\ntitle = "{folder.name}"\ndeck = "{folder.name}"\n'
        "[rules]\ncode-too-wide = 'off'\n",  # some lines are: thousands of warnings are not what is timed
        encoding="utf-8",
    )
    for start in range(0, questions, PER_CHAPTER):
        chapter = start // PER_CHAPTER + 1
        parts = [f"# Chapter {chapter}\n\nAbout the {chapter}th subject.\n"]
        parts += (_question(number) for number in range(start, min(start + PER_CHAPTER, questions)))
        (folder / f"{chapter:03}-chapter-{chapter}.md").write_text("\n".join(parts), encoding="utf-8")


_EDITED = "In practice"
"""What an edit writes behind; at the end of a chapter in a corpus that has it nowhere."""


def edit(folder: Path, turn: int) -> None:
    """Change one word of one question, another at each turn."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}
    editable = [path for path, text in texts.items() if _EDITED in text] or list(texts)
    path = editable[turn % len(editable)]
    head, mark, rest = texts[path].partition(_EDITED)
    path.write_text(f"{head}{mark}, {turn} times out of ten,{rest}", encoding="utf-8")


def _question(number: int) -> str:
    rng = random.Random(number)  # the same corpus at every run
    a, b, c, d, e, f = rng.sample(_WORDS, 6)
    verbs = rng.sample(_VERBS, 4)
    attributes = f'{{#{a}-{b}-{number} .mid tags="{a} {b} {c}"}}'
    return f"""\
## When does the {a} {b} of `{c}_{number}` matter more than its {d}? {attributes}

The **{a}** {verbs[0]} every {b} that the *{c}* has seen, so `{c}_{number}.{d}()` is called once for each
{e}, and [the manual](https://example.org/{a}/{number}) says the same of the `{f}`. In practice, nobody
notices until the {d} {verbs[1]} a second {e}.

- The {b} is **{verbs[2]}** first, by `{b}_{number}`:
    - once for the {c},
    - and again for `{d}[{number}]`.
- Then the {e} {verbs[3]} what is left of the {f}, which *no* other {a} may do.

1. Measure the {d} with `measure("{e}")`.
2. Write down what the {f} {verbs[0]}.
3. Only then change the {a}, for a {b} that is shared {verbs[1]} the rest.

```python
{_code(rng, number)}
```

### Why interviewers ask

It shows whether you have ever seen a {e} fail while its {f} was still being {verbs[2]}.
"""


def _code(rng: random.Random, number: int) -> str:
    """Return twenty lines of Python with what code of that language has: text, formats, comments, calls."""
    a, b, c, d, e = rng.sample(_WORDS, 5)
    n, m = rng.randrange(10, 10_000), rng.randrange(2, 99)
    oddity = (
        'return f"{{{self.name}}} {len(self.items):>8}"',
        f'return re.sub(r"\\({a}\\)$", "", self.name)[:: -{m}]',
        f'return "{{{{ {a} }}}} {{% {b} %}}" if {m} < {n} else "a & b"',
        f'return {{"{a}": self.items[{m}::2], "ü": "€ {n}"}}',
    )[number % 4]
    return f'''\
import {a}
from {b}.{c} import {d}_{number} as {e}


class {a.title()}{number}({b.title()}):
    """The {c} of a {d}, {n} at most."""

    limit = {n}_{m:03}

    def __init__(self, name: str, *items: {d.title()}) -> None:
        super().__init__(name)  # {e} first
        self.items = [x for x in items if x.{c} > {m / 7:.3f}]

    @property
    def {c}_{m}(self) -> str:
        if not self.items or self.limit == 0x{n:x}:
            raise ValueError("no {d} in %s" % self.name)
        {oddity}

{a} = {a.title()}{number}("{e}", *{b}({n}, key=lambda x: x + {m}))'''
