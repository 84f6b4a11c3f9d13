"""Paper: the cheat-sheet, the handbook, flashcards, and which notes are on them."""
