"""Print: cheat-sheet, study sheet, handbook and flashcards, and the selection of their notes."""
