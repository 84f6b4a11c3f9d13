"""cardpress: a folder of Markdown questions becomes an Anki deck and a printable cheat-sheet.

    content/*.md ──compile──► Compiled ──► [Diagnostic]
                                 │
                               deck
                                 ▼
                               Deck ──OUTPUTS[name].write──► dist/*

Data flows one way. `corpus.model` and `anki.note` define the records. To read the code, begin at `cli`.
"""

__version__ = "1.0.0"
