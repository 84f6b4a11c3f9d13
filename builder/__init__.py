"""cardpress: a folder of Markdown questions becomes an Anki deck and a printable cheat-sheet.

    content/*.md ──reader──► Corpus ──checks──► [Diagnostic]
                               │
                             render
                               ▼
                             Deck ──OUTPUTS[name].write──► dist/*

Each arrow is a module; data flows one way. `model` has the records, `cli` tells the whole story.
"""

__version__ = "0.1.0"
