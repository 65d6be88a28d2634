# make start ARGS="--lang zh-CN"   open the course      打开课程
# make test                        prove that it works  运行全部测试
# make nbgrader                    install nbgrader for a class, see docs/nbgrader.md  安装 nbgrader
# make clean                       remove what these made
# PYTHON=/path/to/python3 names the Python to use; else the first one >= 3.11 found is taken.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# nbgrader brings much along: it has an environment of its own.
NBGRADER := .venv-nbgrader

# Without cached bytecode every start would compile all packages again.
unexport PYTHONDONTWRITEBYTECODE

# A stamp left by a clone that was moved, or whose Python is gone, vouches for nothing.
STAMPED := $(sort $(dir $(wildcard $(VENV)/installed* $(NBGRADER)/installed)))
$(foreach venv,$(STAMPED),$(shell [ "`cat $(venv)installed 2>/dev/null`" = "$(CURDIR)" ] \
	&& $(venv)bin/python -c '' 2>/dev/null || rm -rf $(venv)))

.PHONY: start test install nbgrader clean

start: $(VENV)/installed
	@$(BIN)/python -m kdcourse start $(ARGS)

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the course; this takes a minute or two. / 正在安装课程，需要一两分钟。"
	@$(PIP) install --quiet -c constraints.txt -e .
	@echo "$(CURDIR)" > $@

$(VENV)/installed-test: pyproject.toml constraints.txt | $(VENV)/installed
	@$(PIP) install --quiet -c constraints.txt -e ".[test]"
	@touch $@

nbgrader: $(NBGRADER)/installed

$(NBGRADER)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing nbgrader; this takes a minute or two. / 正在安装 nbgrader，需要一两分钟。"
	@$(BIN)/python -m venv $(NBGRADER)
	@$(NBGRADER)/bin/python -m pip --disable-pip-version-check install --quiet -c constraints.txt \
		-e ".[nbgrader]"
	@echo "$(CURDIR)" > $@

$(BIN)/python:
	@for python in "$(PYTHON)" python3 python3.13 python3.12 python3.11 python; do \
	  [ -n "$$python" ] || continue; \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  if "$$python" -c 'import venv, ensurepip' 2>/dev/null; then \
	    exec "$$python" -m venv --clear $(VENV); \
	  fi; \
	  echo "$$python lacks the module venv. On Debian or Ubuntu: sudo apt install python3-venv" >&2; \
	  echo "$$python 缺少 venv 模块。Debian 或 Ubuntu 上请运行：sudo apt install python3-venv" >&2; \
	  exit 1; \
	done; \
	echo "Python 3.11 or newer is needed: install it from python.org, or name it: make PYTHON=/path/to/python3" >&2; \
	echo "需要 Python 3.11 或更高版本：请从 python.org 安装，或指明位置：make PYTHON=/path/to/python3" >&2; \
	exit 1

# $(call stage,NAME,COMMAND): run a stage of the tests and say how long it took.
define stage
	@began=`date +%s`; echo "== $(1)"; { $(2); } || { echo "== $(1): failed"; exit 1; }; \
	echo "== $(1): $$((`date +%s` - began)) s"
endef

RUN := $(BIN)/python -m
# Strict comparison of every stored output; sets must print alike in every run.
NBVAL := PYTHONHASHSEED=0 $(RUN) pytest -p tests.nbval_fast -q --nbval \
	--nbval-sanitize-with tests/nbval_sanitize.cfg --nbval-cell-timeout=60 -n 2 --dist loadscope

# Cheap stages first, so that a slip is told within seconds.
test: $(VENV)/installed-test
	$(call stage,style,$(RUN) ruff check . && $(RUN) ruff format --check .)
	$(call stage,types,$(RUN) mypy)
	$(call stage,tests,$(RUN) pytest -q -n 2 --dist loadgroup tests)
	$(call stage,notebooks,$(NBVAL) notebooks solutions exercises)

clean:
	rm -rf $(VENV) $(NBGRADER) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
