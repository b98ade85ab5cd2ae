# make demo   runs the whole IEMOCAP recipe on a generated corpus, writes the report and predicts three recordings
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
DEMO_MODEL := exp/quick/menan_seed0/Ses01/Ses01F.last.safetensors
HEARD := corpus/Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01
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
	# Three recordings by a speaker that the model was not trained on, labelled sad, neu and ang; one of them over time.
	$(VENV)/bin/menan-predict --model $(DEMO)/$(DEMO_MODEL) $(DEMO)/$(HEARD)_F00[034].wav
	$(VENV)/bin/menan-predict --model $(DEMO)/$(DEMO_MODEL) --window 1 --hop 0.25 \
	  --plot $(DEMO)/exp/quick/posteriors.png $(DEMO)/$(HEARD)_F004.wav
	@echo "plot: $(abspath $(DEMO)/exp/quick/posteriors.png)"
	@echo "report: $(abspath $(DEMO)/exp/quick/report.html)"

test: $(READY)
	$(VENV)/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

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
	$(VENV)/bin/python docs/make_models.py
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
