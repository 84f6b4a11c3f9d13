#!/bin/sh
# Somebody learns Spanish, and their language is German. They write a deck of words with sounds, ask them in both
# directions and by typing, and correct a word once they have learned some.
#
# Start in an empty folder, with cardpress on PATH and the repository's address in REPOSITORY. The phone is the real
# Anki, by the program tests/tasks/phone.py.
set -eu
phone() { PYTHONPATH="$REPOSITORY" python -m tests.tasks.phone phone/collection.anki2 "$@"; }
must() { "$@" || { echo "not so: $*" >&2; exit 1; }; }
says() { case $1 in *"$2"*) ;; *) echo "not in it: $2: $1" >&2; exit 1 ;; esac; }

# README, "Write a deck of your own": a corpus whose sample questions are in German.
cardpress new spanish --language de --title Spanisch
cardpress check
must grep -q '^language = "de"' spanish/deck.toml

# docs/writing.md, "A vocabulary deck". The samples go.
cat >spanish/01-first-chapter.md <<'END'
# Tiere

## [el perro]{lang=es} {#el-perro .reversed tags="Haustiere"}

der Hund ![das Wort](media/perro.wav)

## Wie heißt „die Katze“ auf Spanisch? {#die-katze .typed tags="Haustiere"}

[`el gata`]{lang=es}
END

# Without the sound, the check says where to put it.
said=$(cardpress check 2>&1) && must false
says "$said" "spanish/01-first-chapter.md:5:"
says "$said" "save it as 'media/perro.wav' in 'spanish'"

# They record the word. Here, a second of silence does.
python - <<'END'
import wave

with wave.open("spanish/media/perro.wav", "wb") as sound:
    sound.setnchannels(1)
    sound.setsampwidth(1)
    sound.setframerate(8000)
    sound.writeframes(bytes([128]) * 8000)
END
cardpress check

# "Before each release": a repository, the plan, a build. Git asks once who they are.
git init --quiet
git config user.name "An author"
git config user.email author@example.org
said=$(cardpress plan)
says "$said" "2 new"
cardpress build --only apkg
git add .
git commit --quiet -m "Questions"
must git ls-files --error-unmatch spanish/deck.lock >/dev/null

# On the phone: both directions of the one, and the word to type. Two of them are learned.
says "$(phone import dist/spanish.apkg)" "2 new, 0 updated"
must test "$(phone cards 'deck:Spanisch')" -eq 3
must test "$(phone cards 'ID:el-perro')" -eq 2
must test "$(phone media | grep -c '^perro.*\.wav$')" -eq 1
phone review 'ID:el-perro'
phone review 'ID:die-katze'
reviews=$(phone reviews)

# The cat was wrong. They correct it, add a bird, and look at what changes before they build.
sed 's/el gata/el gato/' spanish/01-first-chapter.md >edited
mv edited spanish/01-first-chapter.md
said=$(cardpress new question spanish/1 "der Vogel" --kind typed)
says "$said" "spanish/01-first-chapter.md:13: write the answer of 'der-vogel' here"
says "$(cardpress check 2>&1)" "'der Vogel' has no answer yet"
# shellcheck disable=SC2016 # the backticks are Markdown's
sed '13s/.*/[`el pájaro`]{lang=es}/' spanish/01-first-chapter.md >edited
mv edited spanish/01-first-chapter.md
cardpress check
said=$(cardpress plan)
echo "$said"
says "$said" "1 new"
says "$said" "1 changed"
SOURCE_DATE_EPOCH=$((${SOURCE_DATE_EPOCH:-$(date +%s)} + 24 * 60 * 60))
export SOURCE_DATE_EPOCH
cardpress build --only apkg
git add .
git commit --quiet -m "A bird, and the cat"

# The second import: one note is new, one changed, and every review is still there.
says "$(phone import dist/spanish.apkg)" "1 new, 1 updated, 1 present, 0 conflicting"
must test "$(phone reviews)" -eq "$reviews"
says "$(phone text 'ID:die-katze' Answer)" "el gato"
must test "$(phone cards 'deck:Spanisch is:new')" -eq 1
