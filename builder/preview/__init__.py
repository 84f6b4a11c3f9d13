"""A live preview of corpora in a browser: it shows cards as Anki will, and follows every save.

`watcher` notices a save, and `live_corpus` compiles the change. `cards` are filled by `templates`, as by
Anki's backend, and shown as by its `reviewer`. A `session` informs the page through `feed` and `server`;
`pdfs` are made in other processes.
"""
