"""A live preview of corpora: cards as Anki will show them, in a browser, that follows every save.

A save is noticed by `watcher` and changes a `live_corpus`, whose `cards` are filled `templates`, shown as by
Anki's `reviewer`. A `session` tells the page of it through `feed` and `server`; `pdfs` are made in processes
of their own.
"""
