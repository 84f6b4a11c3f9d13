"""What the checks of chapters refuse: what learners would not see, or see otherwise than meant."""

from __future__ import annotations

from builder.checks import content
from builder.checks.catalogue.entry import Entry, because
from builder.corpus.kinds import checks

CONTENT: tuple[Entry, ...] = (
    Entry(
        code="unknown-language",
        reason=because(content.code_has_a_known_language),
        bad="## What is `g`? {#what-is-g}\n\n```pyhton\ng.cart = 3\n```\n",
        good="## What is `g`? {#what-is-g}\n\n```python\ng.cart = 3\n```\n",
    ),
    Entry(
        code="code-without-colours",
        reason=because(content.code_has_colours),
        of="words",
        bad="a block of code of 6000 characters",
        good="the part of it that the question is about",
        level="warning",
    ),
    Entry(
        code="bad-maths",
        reason=because(content.maths_can_be_drawn),
        bad="## What is a half? {#half}\n\n$\\fract{1}{2}$\n",
        good="## What is a half? {#half}\n\n$\\frac{1}{2}$\n",
    ),
    Entry(
        code="missing-alt",
        reason=because(content.pictures_can_be_shown),
        bad="## What is blue? {#blue}\n\n![](media/blue.png)\n",
        good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
    ),
    Entry(
        code="missing-picture",
        reason=because(content.pictures_can_be_shown),
        bad="## What is blue? {#blue}\n\n![A blue square](media/blau.png)\n",
        good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
    ),
    Entry(
        code="remote-picture",
        reason="A card is learned offline, and what stands on the web goes away.",
        bad="## What is blue? {#blue}\n\n![A blue square](https://example.org/blue.png)\n",
        good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
    ),
    Entry(
        code="picture-outside",
        reason="A corpus is a folder that can be copied whole.",
        bad="## What is blue? {#blue}\n\n![A blue square](../blue.png)\n",
        good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
    ),
    Entry(
        code="picture-type",
        reason="Anki and print show some kinds of pictures only.",
        bad="## What is blue? {#blue}\n\n![A blue square](deck.toml)\n",
        good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
    ),
    Entry(
        code="picture-name",
        reason="Names with spaces are not for make: an edited picture would not be noticed.",
        of="words",
        bad="`media/my square.png`",
        good="`media/my-square.png`",
    ),
    Entry(
        code="broken-picture",
        reason="A damaged picture is an empty frame on the card.",
        of="words",
        bad="`media/blue.png`, half copied",
        good="the whole file",
    ),
    Entry(
        code="picture-size",
        reason="An image that is too large would fill the memory of a phone or of the build; a drawing of few"
        " bytes can expand to millions of shapes.",
        of="words",
        bad="a PNG of 50,000 by 50,000 pixels, or an SVG in which each group uses another one twice, 24 deep",
        good="an image of at most 25 million pixels and 32 MB, an SVG of at most 20,000 shapes and 4 MB",
    ),
    Entry(
        code="picture-asks",
        reason="A drawing that asks for another file is shown without it.",
        of="words",
        bad='an SVG with `<image href="photo.png"/>`',
        good="the photo embedded, as a `data:` address",
    ),
    Entry(
        code="raw-html",
        reason=because(content.html_is_not_used),
        bad="## What is a converter? {#converter}\n\nThe <int> in a rule.\n",
        good="## What is a converter? {#converter}\n\nThe `<int>` in a rule.\n",
    ),
    Entry(
        code="unclosed-comment",
        reason="A comment that does not end swallows what follows; one with text behind it shows neither.",
        bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n<!-- to do\n",
        good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n<!-- to do -->\n",
    ),
    Entry(
        code="misplaced-more",
        reason=because(content.the_divider_stands_where_it_divides),
        bad="## What is `g`? {#what-is-g}\n\nThe data of one context. <!-- more -->\n\nDetails.\n",
        good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n<!-- more -->\n\nDetails.\n",
    ),
    Entry(
        code="short-divider",
        reason=because(content.lines_that_divide_are_long_enough),
        bad="## What does this print? {#prints}\n\n`print(g)`\n\n--\n\nAn error.\n",
        good="## What does this print? {#prints}\n\n`print(g)`\n\n---\n\nAn error.\n",
    ),
    Entry(
        code="unclosed-code",
        reason=because(content.code_is_closed),
        bad="## What is `g`? {#what-is-g}\n\n```python\ng.cart = 3\n\n## What is `session`? {#session}\n",
        good="## What is `g`? {#what-is-g}\n\n```python\ng.cart = 3\n```\n\n"
        "## What is `session`? {#session}\n\nThe data of a client.\n",
    ),
    Entry(
        code="nested-heading",
        reason=because(content.headings_are_headings),
        bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n> ## What is `session`?\n",
        good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n"
        "## What is `session`? {#session}\n\nThe data of a client.\n",
    ),
    Entry(
        code="indented-heading",
        reason=because(content.headings_are_headings),
        bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n"
        "    ## What is `session`? {#session}\n",
        good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n"
        "## What is `session`? {#session}\n\nThe data of a client.\n",
    ),
    Entry(
        code="no-heading",
        reason=because(content.headings_are_headings),
        bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n##What is `session`?\n",
        good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n"
        "## What is `session`? {#session}\n\nThe data of a client.\n",
    ),
    Entry(
        code="no-table",
        reason=because(content.tables_are_whole),
        bad="## Which lives longer? {#longer}\n\n| `g` | `session` |\n| --- |\n| a context | a client |\n",
        good="## Which lives longer? {#longer}\n\n"
        "| `g` | `session` |\n| --- | --- |\n| a context | a client |\n",
    ),
    Entry(
        code="surplus-cell",
        reason=because(content.tables_are_whole),
        bad="## Which lives longer? {#longer}\n\n| `g` | `session` |\n| --- | --- |\n| a | b | c |\n",
        good="## Which lives longer? {#longer}\n\n| `g` | `session` |\n| --- | --- |\n| a | b |\n",
    ),
    Entry(
        code="empty-item",
        reason=because(content.lists_have_words),
        bad="## Which status code has a bad request? {#bad-request-status}\n\n400.\n",
        good="## Which status code has a bad request? {#bad-request-status}\n\n400\n",
    ),
    Entry(
        code="too-deep",
        reason=because(content.nothing_is_too_deep),
        of="words",
        bad="lists in lists in lists, dozens of times",
        good="a list in a list",
    ),
    Entry(
        code="merge-conflict",
        reason=because(content.nothing_is_left_of_a_merge),
        bad="## What is `g`? {#what-is-g}\n\n<<<<<<< HEAD\nData.\n=======\nThe data of one context.\n"
        ">>>>>>> branch\n",
        good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
    ),
    Entry(
        code="no-link",
        reason="What Markdown does not take for a link is printed with its brackets.",
        bad="## What is `g`? {#what-is-g}\n\nSee [the manual][flask].\n",
        good="## What is `g`? {#what-is-g}\n\nSee [the manual][flask].\n\n[flask]: https://flask.palletsprojects.com/\n",
    ),
    Entry(
        code="bad-link",
        reason=because(content.links_lead_somewhere),
        bad="## What is `g`? {#what-is-g}\n\nSee [contexts](06-contexts.md).\n",
        good="## What is `g`? {#what-is-g}\n\nSee [contexts](https://flask.palletsprojects.com/appcontext/).\n",
    ),
    Entry(
        code="empty-link",
        reason=because(content.links_have_words),
        bad="## What is `g`? {#what-is-g}\n\nSee [](https://flask.palletsprojects.com/appcontext/).\n",
        good="## What is `g`? {#what-is-g}\n\nSee [contexts](https://flask.palletsprojects.com/appcontext/).\n",
    ),
    Entry(
        code="control-character",
        reason=because(content.characters_can_be_stored),
        of="words",
        bad="a backspace, or half of a character, that was pasted with the text",
        good="the text without it",
    ),
    Entry(
        code="no-gap",
        reason=because(checks.gaps_are_gaps),
        bad="## After a request, `g` is {#g-gone .cloze}\n\ndiscarded.\n",
        good="## After a request, `g` is {#g-gone .cloze}\n\n{{c1::discarded}}.\n",
    ),
    Entry(
        code="gap-number",
        reason=because(checks.gaps_are_gaps),
        bad="## After a request, `g` is {#g-gone .cloze}\n\n{{c0::discarded}}.\n",
        good="## After a request, `g` is {#g-gone .cloze}\n\n{{c1::discarded}}.\n",
    ),
    Entry(
        code="empty-gap",
        reason=because(checks.gaps_are_gaps),
        bad="## After a request, `g` is {#g-gone .cloze}\n\n{{c1::}} discarded.\n",
        good="## After a request, `g` is {#g-gone .cloze}\n\n{{c1::discarded}}.\n",
    ),
    Entry(
        code="unread-gap",
        reason=because(checks.gaps_are_gaps),
        bad="## After a request, `g` is {#g-gone .cloze}\n\n{{c1:discarded}}.\n",
        good="## After a request, `g` is {#g-gone .cloze}\n\n{{c1::discarded}}.\n",
    ),
    Entry(
        code="gap-elsewhere",
        reason=because(checks.gaps_are_gaps),
        bad="## What happens to `g`? {#g-gone}\n\nIt is {{c1::discarded}}.\n",
        good="## What happens to `g`? {#g-gone .cloze}\n\nIt is {{c1::discarded}}.\n",
    ),
    Entry(
        code="no-options",
        reason=because(checks.options_are_options),
        bad="## Which lives longer? {#longer .choice}\n\n`session`\n",
        good="## Which lives longer? {#longer .choice}\n\n- [ ] `g`\n- [x] `session`\n",
    ),
    Entry(
        code="one-right-option",
        reason=because(checks.options_are_options),
        bad="## Which lives longer? {#longer .choice}\n\n- [x] `g`\n- [x] `session`\n",
        good="## Which lives longer? {#longer .choice}\n\n- [ ] `g`\n- [x] `session`\n",
    ),
    Entry(
        code="empty-option",
        reason=because(checks.options_are_options),
        bad="## Which lives longer? {#longer .choice}\n\n- [ ] `g`\n- [x] `session`\n- both\n",
        good="## Which lives longer? {#longer .choice}\n\n- [ ] `g`\n- [x] `session`\n- [ ] both\n",
    ),
    Entry(
        code="boxes-elsewhere",
        reason=because(checks.options_are_options),
        bad="## Which lives longer? {#longer}\n\n- [ ] `g`\n- [x] `session`\n",
        good="## Which lives longer? {#longer .choice}\n\n- [ ] `g`\n- [x] `session`\n",
    ),
    Entry(
        code="nothing-to-type",
        reason=because(checks.typed_answers_can_be_typed),
        bad="## Which function builds a URL? {#url-for .typed}\n\nurl_for\n",
        good="## Which function builds a URL? {#url-for .typed}\n\n`url_for`\n",
    ),
)
