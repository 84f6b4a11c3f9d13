"""A live preview of corpora: cards as Anki will show them, in a browser, that follows every save.

`watcher` notices a save, which changes a `live_corpus`. Its `cards` are `templates` filled as by Anki's
backend and shown as by its `reviewer`. A `session` informs the page through `feed` and `server`; `pdfs` are
made in other processes.
"""
