"""The identity of notes, which keeps learners' histories: lock, git history, numbers, study order."""
