# `make help` lists the targets. Everything lives in .venv and .pincite beside this file.
PYTHON ?= python3
DOCS ?= eval/sample/corpus
LIBRARY ?= .pincite/$(notdir $(patsubst %/,%,$(DOCS)))
PORT ?= 7860
# five public news articles in one folder, not part of this repository; what needs them is skipped without them
NEWS ?= ../shared/seeds
# files of public question sets, not part of this repository either
YARDSTICKS ?= ../shared/yardsticks
MODE ?= extractive
export Q DOCS
BIN := .venv/bin
PINCITE := $(BIN)/pincite

.DEFAULT_GOAL := help
.PHONY: help run ask test planted lint invariants eval gate bless yardsticks statistics bench local baseline fit pairs clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  DOCS=folder answers from your own files (.txt .md .html .pdf); PORT=7860 is where the chat listens'

run: .venv/installed ## index the documents and open the chat (DOCS=folder for your own)
	@case "$$PINCITE_MODE" in extractive|openai) ;; *) \
	  $(PINCITE) model pull || echo 'Going on without a language model.' >&2;; esac
	$(PINCITE) add "$$DOCS" --library "$(LIBRARY)" --text
	$(PINCITE) chat --library "$(LIBRARY)" --port $(PORT)

ask: .venv/installed ## one answer in the terminal: make ask Q="What was trade in 2024?"
	@$(PINCITE) add "$$DOCS" --library "$(LIBRARY)" --text >/dev/null
	@$(PINCITE) ask "$$Q" --library "$(LIBRARY)" --text

test: .venv/installed-dev lint ## what a change must pass; .ci/run does the slower checks as well
	$(BIN)/python -m pytest

planted: .venv/installed-dev ## faults planted in the real system, recorded drafts, and the commands of docs/ci.md as they stand
	$(BIN)/python -m pytest -m slow

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

eval: .venv/installed ## score the sample gold questions
	$(PINCITE) add eval/sample/corpus --library .pincite/corpus --text
	$(PINCITE) eval check eval/sample/gold.jsonl --library .pincite/corpus --text
	$(PINCITE) eval run eval/sample/gold.jsonl --library .pincite/corpus --mode extractive --out .pincite/sample-run.json --text

gate: eval ## the sample answers against their baseline: fails when they are worse (`make bless` when meant)
	$(PINCITE) eval compare eval/sample/gold.jsonl .pincite/sample-run.json --library .pincite/corpus --text \
	  --html .pincite/gate.html || [ $$? = 4 ]  # INCONCLUSIVE is for a reader: 66 questions rarely settle it

bless: eval ## make the sample answers as they are the baseline of `make gate`
	$(PINCITE) eval bless .pincite/sample-run.json --baseline eval/sample/gold.jsonl --text

yardsticks: .venv/installed ## six public question sets (YARDSTICKS=folder with their files, MODE=extractive)
	@for name in squad2 rgb ramdocs multihop wice ragchecker; do \
	  $(PINCITE) eval yardstick $$name --data "$(YARDSTICKS)" --mode "$(MODE)" --text \
	    --out ".pincite/yardsticks/$$name-$(MODE).json" || exit; \
	done

invariants: .venv/installed ## check every invariant of docs/interface.md, from outside, on every gold question
	$(PINCITE) add eval/sample/corpus --library .pincite/corpus --text
	PINCITE_MODE=extractive $(BIN)/python -m eval.invariants --library .pincite/corpus --gold eval/sample/gold.jsonl
	@if [ -d "$(NEWS)" ]; then set -e -x; \
	  $(PINCITE) add "$(NEWS)" --library .pincite/news --text; \
	  PINCITE_MODE=extractive $(BIN)/python -m eval.invariants --library .pincite/news --gold eval/news/gold.jsonl; \
	  $(PINCITE) eval run eval/news/gold.jsonl --library .pincite/news --mode extractive --out .pincite/news-run.json --text; \
	else echo 'no $(NEWS): the news questions were skipped'; fi

statistics: .venv/installed ## hold the gate's test, interval and power to runs whose true change is known
	$(BIN)/python -m eval.simulate

bench: .venv/installed ## speed, as ratios measured in one run
	$(BIN)/python -m eval.bench

local: .venv/installed ## mode local on the gold questions, and its invariants (15 minutes on two cores)
	$(PINCITE) model pull
	$(PINCITE) add eval/sample/corpus --library .pincite/corpus --text
	$(PINCITE) eval run eval/sample/gold.jsonl --library .pincite/corpus --mode local --out .pincite/sample-local.json --text
	$(BIN)/python -m eval.invariants --library .pincite/corpus --gold eval/sample/gold.jsonl \
	  --answers .pincite/sample-local.json --printed 0
	@if [ -d "$(NEWS)" ]; then set -e -x; \
	  $(PINCITE) add "$(NEWS)" --library .pincite/news --text; \
	  $(PINCITE) eval run eval/news/gold.jsonl --library .pincite/news --mode local --out .pincite/news-local.json --text; \
	  $(BIN)/python -m eval.invariants --library .pincite/news --gold eval/news/gold.jsonl \
	    --answers .pincite/news-local.json --printed 0; \
	else echo 'no $(NEWS): the news questions were skipped'; fi

baseline: local ## the same beside LlamaIndex's CitationQueryEngine on the same model and texts (an hour)
	$(PINCITE) eval run eval/sample/gold.jsonl --library .pincite/corpus --out .pincite/sample-baseline.json --text \
	  --system "$(BIN)/python -m eval.baseline --library .pincite/corpus"
	@[ ! -d "$(NEWS)" ] || \
	  $(PINCITE) eval run eval/news/gold.jsonl --library .pincite/news --out .pincite/news-baseline.json --text \
	    --system "$(BIN)/python -m eval.baseline --library .pincite/news"

pairs: .venv/installed ## what the verifier shows of 7,200 true and 7,200 changed statements (3 min)
	$(BIN)/python -m eval.pairs

fit: .venv/installed ## fit evidence and support weights again (YARDSTICKS=folder with squad2, ramdocs and wice .jsonl)
	$(BIN)/python -m eval.fit_evidence --yardsticks "$(YARDSTICKS)" --work .pincite/fit
	$(BIN)/python -m eval.fit_support --yardsticks "$(YARDSTICKS)"

clean: ## remove the environment and the libraries made here
	rm -rf .venv .pincite

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Pincite needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12'; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -e .
	@touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/python -m pip install -q -e '.[dev]'
	@found() { for name in "$$CHROMIUM" chromium chromium-browser google-chrome; do \
	  command -v "$$name" >/dev/null && return; done; return 1; }; \
	if ! found && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo 'installing Chromium for the browser tests'; \
	  { apt-get -qq update; DEBIAN_FRONTEND=noninteractive apt-get -qq install -y chromium; } >/dev/null 2>&1; fi; \
	found || echo 'no Chromium: the browser tests are skipped until one is installed (Debian: chromium)'
	@touch $@
