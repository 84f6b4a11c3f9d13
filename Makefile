# cardpress: `make` sets everything up and makes dist/; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Those that are there already: make does not find what one of its own recipes makes.
LOCKS := $(wildcard content/*/deck.lock)

# Folders count too, so that a deleted chapter is noticed. Names with spaces are not for make.
tree = $(shell find $(1) -not -name '__pycache__' -not -name '*.pyc' -not -name '.*' -not -name '* *' $(2))
# Files alone: Python makes __pycache__ in a folder when it first reads a module of it, which would look like a change.
BUILDER := $(call tree,builder styles,-type f)

# What there is to make, as the program says, and each corpus in its deck.toml: in two groups, since only what
# is printed needs Pango.
ifneq ($(filter all dist/%,$(or $(MAKECMDGOALS),all)),)
include $(VENV)/outputs.mk
endif

.DELETE_ON_ERROR:
.SECONDEXPANSION:
.NOTPARALLEL:
.PHONY: all help check watch test test-fast histories fuzz bounds wheel plan golden images bench same lint format lock clean

# With LOCKED=1, a deck is made only if its deck.lock is up to date.
all: $(FILES) ## Make every deck, sheet, handbook and set of cards in dist/

$(PLAIN_SUFFIXES:%=dist/\%%): $$(call tree,$$(FOLDER.$$*)) $(BUILDER) $(VENV)/ready
	@$(BIN)/cardpress build $(FOLDER.$*) $(patsubst %,--only %,$(or $(PLAIN.$*),$(PLAIN))) $(if $(LOCKED),--locked)

# Of those that have a core: after the deck, whose lock has all.
$(PARTS_SUFFIXES:%=dist/\%%): $$(call tree,$$(FOLDER.$$*),-not -name deck.lock) \
		$$(filter $$(FOLDER.$$*)/deck.lock,$(LOCKS)) $(BUILDER) $(VENV)/ready | $$(filter dist/$$*.apkg,$(FILES))
	@$(BIN)/cardpress build $(FOLDER.$*) $(PARTS.$*:%=--only %) $(if $(LOCKED),--locked)

# All at once, side by side; after the deck, whose lock knows the questions' numbers and the day of the last change.
$(PRINTED_SUFFIXES:%=dist/\%%): $$(call tree,$$(FOLDER.$$*),-not -name deck.lock) \
		$$(filter $$(FOLDER.$$*)/deck.lock,$(LOCKS)) $(BUILDER) $(VENV)/ready \
		| $(VENV)/pango $(SCRIPTS:%=$(VENV)/fonts-%) $$(filter dist/$$*.apkg,$(FILES))
	@$(BIN)/cardpress build $(FOLDER.$*) $(patsubst %,--only %,$(or $(PRINTED.$*),$(PRINTED)))

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

check: $(VENV)/ready ## Report every problem in the corpora
	@$(BIN)/cardpress check

watch: $(VENV)/ready ## Show the cards in a browser while you write
	@$(BIN)/cardpress watch --open

plan: $(VENV)/ready ## Show what changes for learners with the last commit, or AGAINST=file.apkg
	@$(BIN)/cardpress plan $(if $(AGAINST),--against '$(AGAINST)')

# On all cores. A test that needs a program which is not here is skipped by name; TOOLS=1 installs all of them first.
# CASES=8 runs at most eight cases of each slow test.
test: $(VENV)/tests-ready $(VENV)/reviewer | $(VENV)/pango $(VENV)/older-anki-tried $(if $(TOOLS),$(VENV)/tools) ## Run the tests
	$(if $(CASES),CASES=$(CASES) )$(BIN)/python -m pytest -n logical

test-fast: $(VENV)/tests-ready $(VENV)/reviewer | $(VENV)/pango $(VENV)/older-anki-tried ## Run the fast tests, in less than a minute
	$(BIN)/python -m pytest -n logical -m 'not slow'

# On one device and, at the same time, on two.
histories: $(VENV)/tests-ready ## Try HISTORIES=1000 random histories of an author and a learner, or repeat SEED=
	@seed=$(or $(SEED),$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')); log=$$(mktemp); \
	echo "To repeat it: make histories HISTORIES=$(HISTORIES) SEED=$$seed"; \
	try() { HISTORIES=$(HISTORIES) $(BIN)/python -m pytest -q --hypothesis-seed=$$seed -k $$1 tests/test_histories.py; }; \
	try OneDevice >$$log & one=$$!; try TwoDevices; two=$$?; wait $$one; one=$$?; \
	cat $$log; rm $$log; exit $$((one + two))
HISTORIES ?= 1000

fuzz: $(VENV)/tests-ready | $(VENV)/pango ## Read hostile input for MINUTES=2; repeat with SEED=, ONLY=targets or FILE=
	@$(BIN)/python -m tests.fuzzing --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY)) \
		$(if $(PROCESSES),--processes $(PROCESSES)) $(if $(FILE),--file '$(FILE)')
MINUTES ?= 2

# In environments of their own. make bounds PYTHON=python3.13 tries the pinned versions on that Python alone.
bounds: $(VENV)/tests-ready $(VENV)/uv | $(VENV)/pango ## Try the lowest and the newest versions of packages, and other Pythons
	@$(BIN)/python -m benchmarks.bounds $(if $(filter file,$(origin PYTHON)),,--python '$(PYTHON)')

images: $(VENV)/tests-ready $(VENV)/reviewer | $(VENV)/pango ## Make the README's images again; needs Chromium and poppler
	@$(BIN)/python -m tests.readme_images

# What is published: dist/ is for decks.
wheel: $(VENV)/tests-ready $(VENV)/uv | $(VENV)/pango ## Build the wheel into .cache/wheel/, and test its installation
	@$(BIN)/python -m benchmarks.wheel --into .cache/wheel

golden: $(VENV)/tests-ready $(VENV)/reviewer ## Rewrite the expected results of the tests: review the diff
	UPDATE_GOLDEN=1 $(BIN)/python -m pytest -q tests/corpus/test_reader.py tests/checks/test_rules.py \
		tests/checks/test_catalogue.py tests/test_look.py tests/print/test_pdfs.py tests/test_readme.py

# With WRITE=1, into docs/performance.md.
bench: $(VENV)/tests-ready | $(VENV)/pango ## Measure the speed of deck and study sheet against plain scripts
	@$(BIN)/python -m benchmarks.deck $(if $(WRITE),--write docs/performance.md)
	@$(BIN)/python -m benchmarks.sheet $(if $(WRITE),--write docs/performance.md)

# Whoever changes places, and nothing else, compares with the commit before: make same BASE=HEAD~1.
same: $(VENV)/ready | $(VENV)/pango ## Compare all outputs byte for byte with those of the program at BASE=
	@test -n '$(BASE)' || { echo 'name the commit to compare with: make same BASE=HEAD' >&2; exit 1; }
	@$(BIN)/python -m benchmarks.same '$(BASE)'

lint: $(VENV)/tests-ready ## Check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 -p builder

format: $(VENV)/tests-ready ## Format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: $(VENV)/uv ## Pin the newest versions of all packages
	$(BIN)/uv pip compile --quiet --upgrade $(PINS) --extra import pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --upgrade $(PINS) --group test -c requirements.txt -o requirements-test.txt
	$(BIN)/uv pip compile --quiet --upgrade $(PINS) --group older-anki -o requirements-older-anki.txt
PINS := --universal --no-emit-index-url --no-annotate --custom-compile-command 'make lock'

clean: ## Delete everything that was built, and the environment
	rm -rf $(VENV) .cache dist/*

# --- set-up ---------------------------------------------------------------------------------------

# Installs Debian packages where that is possible without asking anybody; fails silently elsewhere.
APT = command -v apt-get >/dev/null && sudo=$$([ "$$(id -u)" = 0 ] || echo sudo -n) && \
	$$sudo apt-get update -qq >/dev/null 2>&1 && \
	DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends >/dev/null 2>&1
PANGO := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0

$(VENV)/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'cardpress needs Python 3.11 or later: install it, then run make PYTHON=python3.11' >&2; exit 1; }
	@echo 'Setting up the environment in $(VENV), once'
	@$(PYTHON) -m venv $(VENV) >/dev/null || { $(APT) python3-venv && $(PYTHON) -m venv $(VENV); } || { \
		echo "Python's venv module is missing: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/pip -qq --disable-pip-version-check install -r requirements.txt
	@$(BIN)/pip -qq --disable-pip-version-check install --no-deps --editable .
	@touch $@

# Fonts of a script that a corpus is printed in. Where they cannot be installed, paper has boxes, and a finding says so.
$(VENV)/fonts-%: | $(VENV)/ready
	@echo 'Installing fonts: $(PACKAGE.$*)'
	@$(BIN)/pip -qq --disable-pip-version-check install -c requirements-test.txt $(PACKAGE.$*) && touch $@ || \
		echo 'No fonts for $*: $(PACKAGE.$*) cannot be installed' >&2

# Made before all else, and again after every change of the program, of a deck.toml, and of a chapter: it may be the
# first, or was the last, of a core.
$(VENV)/outputs.mk: $(filter %.py,$(BUILDER)) $(sort $(CHAPTERS) $(wildcard content content/*/deck.toml content/*/*.md)) $(VENV)/ready
	@$(BIN)/cardpress outputs --format make >$@

# One that is gone counts as changed.
content/%.md: ;

$(VENV)/tests-ready: $(VENV)/ready requirements-test.txt
	@$(BIN)/pip -qq --disable-pip-version-check install -r requirements-test.txt
	@touch $@

# Finds the versions that bounds allow.
$(VENV)/uv: Makefile | $(VENV)/ready
	@$(BIN)/pip -qq --disable-pip-version-check install uv==0.13.9
	@touch $@

# The style sheets of Anki's own reviewer, around every card on the desktop: without Qt and all else that it needs.
$(VENV)/reviewer: $(VENV)/tests-ready
	@$(BIN)/pip -qq --disable-pip-version-check install --no-deps --upgrade --target $@ \
		$$(sed -n 's/^anki==/aqt==/p' requirements-test.txt)
	@touch $@

# Where Pango is missing and cannot be installed, the decks are made all the same, and cardpress says what to do.
# Tried once: a Pango that somebody installs later is found all the same. Without libharfbuzz-subset, WeasyPrint warns.
$(VENV)/pango: $(VENV)/ready
	@$(BIN)/python -W error -c 'import weasyprint' >/dev/null 2>&1 || { \
		echo 'Pango is missing, which PDFs need: trying to install it'; $(APT) $(PANGO); } || true
	@touch $@

# The programs that only some tests use.
$(VENV)/tools: .ci/packages.txt | $(VENV)/ready
	@echo 'Installing the programs that only some tests use'
	@{ $(APT) $$(cat $<) && touch $@; } || \
		echo 'They cannot be installed here without asking somebody: tests that need them are skipped' >&2

# Where the older Anki does not run, its tests are skipped by name. Tried once.
OLDER_ANKI := $(VENV)/older-anki
$(VENV)/older-anki-tried: requirements-older-anki.txt | $(VENV)/ready
	@echo 'Setting up an older Anki in $(OLDER_ANKI), once'
	@{ $(BIN)/python -m venv --clear $(OLDER_ANKI) && \
		$(OLDER_ANKI)/bin/pip -qq --disable-pip-version-check install -r requirements-older-anki.txt && \
		$(OLDER_ANKI)/bin/python -c 'import anki.collection'; } || { \
		echo 'The older Anki does not run here: its tests will be skipped' >&2; rm -rf $(OLDER_ANKI); }
	@touch $@
