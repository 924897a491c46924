# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: demo test check bench peers kill-matrix rehearsals system clean fix

demo: $(READY)
	$(BIN)/python demo/patch_night.py .demo

test: $(READY) system check
	$(BIN)/python -m pytest -n 4 --dist worksteal --durations=12

check: $(READY)
	$(BIN)/ruff check src tests demo bench
	$(BIN)/ruff format --check src tests demo bench
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) system peers
	$(BIN)/python bench/run.py

# What `make bench` compares with and what may not mix with our own packages.
peers:
	@[ -x .peers/bin/ansible-playbook ] || { $(PYTHON) -m venv .peers && \
	  .peers/bin/python -m pip install -q --disable-pip-version-check 'pyinfra>=3.10' 'ansible-core>=2.19' 'polars>=1.33' 'datacompy>=1.0' 'pyarrow>=20'; } || \
	  echo "could not install the peers: they are left out"

# Every point at which hisops can be killed, one after another: an hour or two. `make test` takes one of each kind.
kill-matrix: $(READY) system
	$(BIN)/python -m tests.kill.matrix

# Every scenario of every shipped runbook, one after another: half an hour or more. `make test` plays one of each.
rehearsals: $(READY)
	$(BIN)/hisops runbook test --dir .rehearsals --table docs/coverage.md

fix: $(READY)
	$(BIN)/ruff check --fix src tests demo bench
	$(BIN)/ruff format src tests demo bench

# What the tests use of the system, where it can be installed; else the tests that need it say why they were skipped.
system:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  missing=; \
	  [ -x /usr/sbin/sshd ] || missing="$$missing openssh-server"; \
	  for tool in ksh mksh strace sudo tmux unzip; do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	  if [ -n "$$missing" ]; then apt-get update -q >/dev/null && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing >/dev/null || \
	    echo "could not install$$missing: the tests that need them are skipped"; fi; \
	fi

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[lab,fast,dev]'
	@touch $@

clean:
	rm -rf $(VENV) .peers .demo .rehearsals
