"""Print: the cheat-sheet, the handbook, flashcards, and the selection of notes for them."""
