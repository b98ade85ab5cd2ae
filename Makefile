# make demo   runs the whole IEMOCAP recipe on a generated corpus and writes the report
# make test   runs the tests
# make lint   checks style, types, shell scripts and the layout of the C++ kernels
# make docs   builds the documentation site in site/
# make pages  writes docs/commands.md and the code in docs/extend.md anew
# make soak   kills the commands of a small recipe SOAK_KILLS times and compares the outputs
# make fuzz   fuzzes every parser for FUZZ_SECONDS: about ten minutes on two cores
# Each sets up .venv first. They need Python 3.10 or later and make, nothing else.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
DEMO := egs/iemocap/demo
FUZZ_SECONDS ?= 12
SOAK_KILLS ?= 200
# Directories in which mypy finds bin/ and utils/ under the names that setup.py gives them.
TYPES := build/types
SHELL_SCRIPTS := $(wildcard egs/*/*.sh egs/*/local/*.sh utils/*.sh .ci/run)
KERNELS := $(wildcard menan/engine/stacked/kernels/*.h menan/engine/stacked/kernels/*.cc)

.PHONY: demo test lint docs pages soak fuzz clean

demo: $(READY)
	test -d $(DEMO)/corpus || $(VENV)/bin/menan-synthesize iemocap $(DEMO)/corpus
	egs/iemocap/run.sh --corpus-root demo/corpus --config conf/quick.yaml --work demo

test: $(READY)
	$(VENV)/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	mkdir -p $(TYPES)
	ln -sfn ../../bin $(TYPES)/menan_bin
	ln -sfn ../../utils $(TYPES)/menan_utils
	$(VENV)/bin/mypy
	$(VENV)/bin/shellcheck $(SHELL_SCRIPTS)
	$(VENV)/bin/clang-format --dry-run -Werror $(KERNELS)

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict

pages: $(READY)
	$(VENV)/bin/python docs/make_commands.py
	$(VENV)/bin/python docs/insert_code.py

soak: $(READY)
	$(VENV)/bin/python -m tests.faults.soak --kills $(SOAK_KILLS)

fuzz: $(READY)
	$(VENV)/bin/python -m pip install --quiet -e '.[fuzz]'
	$(VENV)/bin/python -m tests.faults.fuzz --seconds $(FUZZ_SECONDS)

# torch and torchaudio are downloaded once (some gigabytes); editing the code needs no new set-up.
$(READY): setup.py pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or later is needed")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade pip
	$(VENV)/bin/python -m pip install --quiet -e '.[dev]'
	touch $@

clean:
	rm -rf $(DEMO) build site *.egg-info
