"""A live preview of corpora: cards as Anki will show them, in a browser, that follows every save.

watching ──changed paths──► drafts ──Change──► server ──events──► page/*.js
│                  ▲
card_templates      proofs (PDFs, in a process of their own)
reviewer
"""
