"""Identity: what learners' histories hang on. The lock, git's memory of it, numbers and study order."""
