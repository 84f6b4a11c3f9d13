"""The kinds of questions: what each finds in an answer, and what it needs."""
