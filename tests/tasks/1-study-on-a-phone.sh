#!/bin/sh
# A learner has an interview in three weeks. They make the decks (or download them with a release), study the core on
# their phone, go on with the whole deck, and import the update of next month.
#
# Start in an empty folder, with cardpress on PATH and the repository's address in REPOSITORY. The phone is the real
# Anki, by the program tests/tasks/phone.py.
set -eu
phone() { PYTHONPATH="$REPOSITORY" python -m tests.tasks.phone phone/collection.anki2 "$@"; }
must() { "$@" || { echo "not so: $*" >&2; exit 1; }; }

# README, "Prepare for a Flask interview". `make` runs this, and prints the PDFs, once it has installed everything.
git clone --quiet "$REPOSITORY" cardpress
cd cardpress
cardpress build content/flask --only apkg --only core
must test -s dist/flask.apkg
must test -s dist/flask-core.apkg
cd ..

# "Is your interview soon? Start with dist/flask-core.apkg." Send it to the phone, and open it there.
phone import cardpress/dist/flask-core.apkg
core=$(phone cards 'tag:flask::core')
must test "$core" -gt 100
must test "$core" -eq "$(phone cards 'deck:"Flask interview"')"

# docs/studying.md: eleven cards a day for three weeks. Two days of it; and one card that they know is suspended.
phone review 'tag:flask::core is:new Number:re:^1\.'
reviews=$(phone reviews)
must test "$reviews" -gt 0
phone suspend 'tag:flask::core is:new Number:2.1'
suspended=$(phone cards 'is:suspended')
must test "$suspended" -gt 0

# The core is done: "Import flask.apkg; what you have already is left as it is."
said=$(phone import cardpress/dist/flask.apkg)
echo "$said"
case $said in *" 0 updated, "*" 0 conflicting") ;; *) must false ;; esac
all=$(phone cards 'deck:"Flask interview"')
must test "$all" -gt "$core"
must test "$(phone reviews)" -eq "$reviews"
must test "$(phone cards 'is:suspended')" -eq "$suspended"

# docs/studying.md, "Searches", as they are written there.
must test "$(phone cards 'tag:flask::core is:new Number:re:[a-z]$')" -gt 0
must test "$(phone cards '-tag:flask::core is:new deck:"Flask interview"')" -eq "$((all - core))"
must test "$(phone cards 'deck:"Flask interview" Level:junior')" -gt 0
must test "$(phone cards '"deck:Flask interview::08*"')" -gt 0
must test "$(phone cards 'tag:flask::security')" -gt 0

# A month later its authors have edited an answer, and written a new question.
cd cardpress
id=$(sed -n 's/^## .*{#\([a-z0-9-]*\).*/\1/p' content/flask/01-fundamentals.md | head -n 1)
sed "/^## .*{#$id /,/^[A-Z]/ s/^[A-Z]/Edited. &/" content/flask/01-fundamentals.md >edited
must test "$(grep -c '^Edited\. ' edited)" -eq 1
mv edited content/flask/01-fundamentals.md
printf '\n## What came in the second month? {#second-month .junior}\n\nThis question.\n' >>content/flask/02-structure.md
SOURCE_DATE_EPOCH=$((${SOURCE_DATE_EPOCH:-$(date +%s)} + 30 * 24 * 60 * 60))
export SOURCE_DATE_EPOCH
cardpress build content/flask --only apkg
cd ..

# docs/updating.md: "Import every new build over the old one." Reviews stay, nothing comes twice.
said=$(phone import cardpress/dist/flask.apkg)
echo "$said"
case $said in "1 new, 1 updated, "*" 0 conflicting") ;; *) must false ;; esac
must test "$(phone cards 'deck:"Flask interview"')" -eq "$((all + 1))"
must test "$(phone reviews)" -eq "$reviews"
must test "$(phone cards 'is:suspended')" -eq "$suspended"
case $(phone text "ID:$id" Answer) in *"Edited. "*) ;; *) must false ;; esac
