"""Print: the cheat-sheet, the study sheet, the handbook, flashcards, and the selection of notes for them."""
