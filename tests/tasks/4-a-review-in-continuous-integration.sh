#!/bin/sh
# Two people write one corpus. A server reviews what they push: it checks the change, sees that deck.lock was committed
# and no review is at risk, and says what learners will see.
#
# Start in an empty folder, with cardpress on PATH and the repository's address in REPOSITORY.
set -eu
must() { "$@" || { echo "not so: $*" >&2; exit 1; }; }
says() { case $1 in *"$2"*) ;; *) echo "not in it: $2: $1" >&2; exit 1 ;; esac; }
question() { printf '\n## %s {#%s}\n\n%s\n' "$1" "$2" "$3" >>work/capitals/01-first-chapter.md; }

# README, "Write a deck of your own", until its first release.
mkdir work
cd work
git init --quiet --initial-branch main
git config user.name "An author"
git config user.email author@example.org
cardpress new capitals
cardpress build --only apkg

# docs/continuous-integration.md: copy the workflow, and put in where cardpress comes from.
mkdir -p .github/workflows
sed 's|OWNER/cardpress@VERSION|example/cardpress@v1.0|' "$REPOSITORY/docs/workflows/check.yml" >.github/workflows/check.yml
must grep -q 'example/cardpress@v1.0' .github/workflows/check.yml
must test -z "$(grep -e OWNER -e VERSION .github/workflows/check.yml)"

# "Before a commit": what the hook of pre-commit runs, as a plain hook of git.
entry=$(sed -n '/id: cardpress-check/,/entry:/ s/^ *entry: *//p' "$REPOSITORY/.pre-commit-hooks.yaml")
must test "$entry" = "cardpress check"
printf '#!/bin/sh\nexec %s\n' "$entry" >.git/hooks/pre-commit
chmod +x .git/hooks/pre-commit
git add .
git commit --quiet -m "Capitals"
git tag v1.0
cd ..

# What the server does with each push, in a clone of its own: the `run:` lines of the workflow but for pip's.
server() {
  rm -rf server
  git clone --quiet work server
  sed -n 's/^ *run: \(cardpress .*\)/\1/p' server/.github/workflows/check.yml >steps
  must test "$(wc -l <steps)" -eq 3
  (cd server && sh -eu ../steps) 2>&1
}
said=$(server)
says "$said" "7 untouched"

# A mistake does not get through the hook; pushed all the same, it is shown at its line in the pull request.
question "What is the capital of Peru?" capital-of-peru "![Lima](lima.png)"
cd work
said=$(git commit --quiet -am "Peru" 2>&1) && must false
says "$said" "[missing-image]"
git commit --quiet --no-verify -am "Peru"
cd ..
said=$(server) && must false
says "$said" "::error file=capitals/01-first-chapter.md,line="
says "$said" "title=missing-image::"

# SARIF, for the list of alerts: one result, at the same line, with the rule's text.
(cd work && cardpress check --format sarif) >findings.sarif && must false
python - <<'END'
import json

(run,) = json.load(open("findings.sarif", encoding="utf-8"))["runs"]
(result,) = [one for one in run["results"] if one["level"] == "error"]
assert result["ruleId"] == "missing-image", result
place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
assert place == "capitals/01-first-chapter.md", place
END

# They answer in words, but forget to build: deck.lock was not committed, and the build with --locked fails.
sed 's/!\[Lima\](lima.png)/Lima/' work/capitals/01-first-chapter.md >edited
mv edited work/capitals/01-first-chapter.md
(cd work && git commit --quiet -am "Peru, in words")
said=$(server) && must false
says "$said" "'capitals/deck.lock' would change (1 new): build without --locked, and commit it"

# They do what it says.
(cd work && cardpress build --only apkg && git commit --quiet -am "The lock, too")
said=$(server)
says "$said" "1 new"
says "$said" "What is the capital of Peru?"

# An id is renamed: learners would lose its reviews. The server says so, and how to keep them.
sed 's/{#capital-of-peru}/{#lima}/' work/capitals/01-first-chapter.md >edited
mv edited work/capitals/01-first-chapter.md
(cd work && cardpress build --only apkg && git commit --quiet -am "Another id")
said=$(server) && must false
says "$said" 'was="capital-of-peru"'
sed 's/{#lima}/{#lima was="capital-of-peru"}/' work/capitals/01-first-chapter.md >edited
mv edited work/capitals/01-first-chapter.md
said=$(cd work && cardpress build --only apkg 2>&1)
says "$said" "the published question 'lima' is gone"

# Somebody may have built a deck of the commit between, too: what it called 'lima' is retired, as the message says.
says "$said" 'retired = ["lima"] under [accepted] in deck.toml'
printf '\n[accepted]\nretired = ["lima"]\n' >>work/capitals/deck.toml
(cd work && cardpress build --only apkg && git commit --quiet -am "The question that it was")
server >/dev/null

# The release: the same commit gives the same bytes, and its text says what is new since the last one.
cd server
cardpress build --locked --only apkg --output first
cardpress build --locked --only apkg --output second
must cmp first/capitals.apkg second/capitals.apkg
said=$(cardpress plan --against v1.0)
says "$said" "What is the capital of Peru?"
says "$said" "7 untouched"
