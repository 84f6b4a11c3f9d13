#!/bin/sh
# Somebody misses a rule for good cards. They clone the repository, add the rule as CONTRIBUTING.md shows it, look at
# what it finds in the shipped corpus, and commit.
#
# Start in an empty folder, with the repository's address in REPOSITORY, and on PATH the programs that `make` installs:
# python, ruff and mypy with the repository's packages.
set -eu
must() { "$@" || { echo "not so: $*" >&2; exit 1; }; }
says() { case $1 in *"$2"*) ;; *) echo "not in it: $2: $1" >&2; exit 1 ;; esac; }
# What `.venv/bin/cardpress` would run: the program of this clone.
cardpress() { python -m builder "$@"; }

git clone --quiet "$REPOSITORY" cardpress
cd cardpress
git config user.name "A contributor"
git config user.email contributor@example.org
git switch --quiet --create several-questions

# CONTRIBUTING.md, "To add a rule": the function, its line in the tuple, and a question that breaks it.
awk '/^## To add a rule/ { on = 1 } on && /^```$/ { exit } on && diff { print } on && /^```diff$/ { diff = 1 }' \
  CONTRIBUTING.md >../rule.diff
must test -s ../rule.diff
git apply ../rule.diff

# Without what is now expected, the tests fail and say what to do.
said=$(python -m pytest -q tests/checks/test_rules.py -k "find and prompts" 2>&1) && must false
says "$said" "prompts.txt"

# "For the expected results of rules and docs/rules.md alone": `make golden` would write all of them. Read the diff.
UPDATE_GOLDEN=1 python -m pytest -q tests/checks/test_rules.py tests/checks/test_catalogue.py
git --no-pager diff --stat
must grep -q '^### several-questions$' docs/rules.md
must grep -q '\[several-questions\]' tests/cases/rules/prompts.txt
must test "$(git diff --name-only | wc -l)" -eq 5

# The tests of the rules, without UPDATE_GOLDEN; and `make lint`, of what was touched.
python -m pytest -q tests/checks/test_rules.py tests/checks/test_catalogue.py tests/test_docs.py
ruff check builder
ruff format --check --quiet builder
mypy builder/checks/rules

# The rule explains itself, and authors choose its number, switch it off, or allow a question to break it.
says "$(cardpress check --explain several-questions)" "cannot grade the card"
python -m builder new ../mine --quiet
printf '\n## What is it? Why? And when? {#what-is-it}\n\nThat.\n' >>../mine/01-first-chapter.md
says "$(cardpress check ../mine 2>&1)" "prompt asks 3 questions (recommended maximum: 2) [several-questions]"
printf '\n[rules]\nmost-questions = 3\n' >>../mine/deck.toml
said=$(cardpress check ../mine 2>&1)
case $said in *several-questions*) must false ;; esac

# The shipped corpus keeps every rule: what it finds there is allowed, with a reason in a comment.
said=$(cardpress check 2>&1)
echo "$said"
echo "$said" | sed -n 's/^\([^:]*\):\([0-9]*\):.*\[several-questions\]$/\1 \2/p' >../broken
while read -r file line; do
  sed "$line s/}\$/ allow=\"several-questions\"}/" "$file" >../edited
  mv ../edited "$file"
done <../broken
said=$(cardpress check 2>&1)
case $said in *several-questions*) must false ;; esac

# A commit, which is what a pull request is made of.
git add --all
git commit --quiet -m "rules: ask one thing at a time"
must test -z "$(git status --porcelain)"
