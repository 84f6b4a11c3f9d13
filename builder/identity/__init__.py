"""Identity, on which learners' histories depend: the lock, its history in git, numbers and study order."""
