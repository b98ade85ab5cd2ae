# make demo   sets up, runs the IEMOCAP recipe whole on a generated corpus, ends with the report
# make test   sets up, runs the tests
# make lint   sets up, checks style
# make soak   sets up, kills the commands of a small recipe SOAK_KILLS times, compares the outputs
# make fuzz   sets up, fuzzes every parser for FUZZ_SECONDS: about ten minutes on two cores
# All need Python 3.10 or later and make, nothing else.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
DEMO := egs/iemocap/demo
FUZZ_SECONDS ?= 12
SOAK_KILLS ?= 200

.PHONY: demo test lint soak fuzz clean

demo: $(READY)
	test -d $(DEMO)/corpus || $(VENV)/bin/menan-synthesize iemocap $(DEMO)/corpus
	egs/iemocap/run.sh --corpus-root demo/corpus --config conf/quick.yaml --work demo

test: $(READY)
	$(VENV)/bin/python -m pytest -n 2 --dist worksteal

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

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
	rm -rf $(DEMO) build *.egg-info
