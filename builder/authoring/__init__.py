"""For authors: a new corpus, a new question, statistics."""
