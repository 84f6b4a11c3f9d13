#!/bin/sh
# A teacher has a table of questions for a class, as a spreadsheet saves it. They make a deck and flashcards of it, and
# correct an answer when half of the class has learned it.
#
# Start in an empty folder, with cardpress on PATH and the repository's address in REPOSITORY. A pupil's phone is the
# real Anki, by the program tests/tasks/phone.py.
set -eu
phone() { PYTHONPATH="$REPOSITORY" python -m tests.tasks.phone phone/collection.anki2 "$@"; }
must() { "$@" || { echo "not so: $*" >&2; exit 1; }; }
says() { case $1 in *"$2"*) ;; *) echo "not in it: $2: $1" >&2; exit 1 ;; esac; }

cat >table.csv <<'END'
Question,Answer,Tags
What is the capital of France?,Paris,europe
What is the capital of Japan?,"Kyoto, until 1868",asia
"Which river flows through Paris, and where does it end?","The Seine.
It flows into the Channel.",europe rivers
END

# README, "Do you have a deck, a table or notes already?", and docs/importing.md: look before you leap.
said=$(cardpress import table.csv geography --title Geography --dry-run)
echo "$said"
says "$said" "Question → prompt, Answer → answer, Tags → tags"
says "$said" "The guess explains 100%."
must test ! -e geography
cardpress import table.csv geography --title Geography
must grep -q '^deck = "Geography"' geography/deck.toml

# From here on it is as any other deck: README, "Write a deck of your own".
cardpress check
cardpress build
must test -s dist/geography.apkg
must test -s dist/geography-handbook.pdf

# docs/printing.md: cards for those without a phone, as the school's printer takes them.
cardpress flashcards --stock business-card --turn short
must test -s dist/geography-flashcards.pdf

# A pupil learns all of it.
says "$(phone import dist/geography.apkg)" "3 new, 0 updated"
phone review 'deck:Geography'
reviews=$(phone reviews)
must test "$reviews" -eq 3

# The answer was no good. The chapters are the source now; the table is not imported again.
said=$(cardpress import table.csv geography 2>&1) && must false
says "$said" "edit its chapters"
sed 's/Kyoto, until 1868/Tokyo, since 1868/' geography/01-table.md >edited
mv edited geography/01-table.md

# docs/importing.md, "Tables": more questions, from a second table.
printf 'Question,Answer\nWhat is the capital of Peru?,Lima\n' >more.csv
cardpress import more.csv more
mv more/01-more.md geography/02-more.md
rm -r more
cardpress check
SOURCE_DATE_EPOCH=$((${SOURCE_DATE_EPOCH:-$(date +%s)} + 24 * 60 * 60))
export SOURCE_DATE_EPOCH
cardpress build --only apkg

# The pupil imports it over what they have.
says "$(phone import dist/geography.apkg)" "1 new, 1 updated, 2 present, 0 conflicting"
must test "$(phone reviews)" -eq "$reviews"
says "$(phone text 'ID:what-is-the-capital-of-japan' Answer)" "Tokyo"
