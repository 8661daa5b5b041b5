#!/bin/sh
# Prepare the virtual environment in .venv: scripts/setup.sh runtime|dev
#
# Everything comes from one lock, checked by hash; the project itself is installed editable with the locked build backend.
# Called by make, which calls it only when a lock or pyproject.toml is newer than the last run.
# Whoever calls it sends its output to standard error: standard output belongs to the command that follows.
set -eu
cd "$(dirname "$0")/.."

lock=requirements/${1:?expected runtime or dev, got nothing}.lock
venv=.venv
[ -f "$lock" ] || { echo "expected runtime or dev, got $1" >&2; exit 2; }

# An environment whose interpreter has since been removed or upgraded away is made anew.
if ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
  python=$(scripts/find-python.sh)
  if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    echo "$python must have the modules venv and ensurepip, got a Python without them:" >&2
    echo "install them (Debian, Ubuntu: apt-get install python3-venv) or name another: make demo PYTHON=/path/to/python3" >&2
    exit 2
  fi
  echo "creating $venv with $("$python" --version)"
  "$python" -m venv --clear "$venv"
fi

echo "installing $lock into $venv (once; about a minute)"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }
# Wheels, but for faust-streaming on 64-bit ARM Linux: it builds there from its locked source, without a compiler if need be.
pip install --require-hashes -r "$lock"
pip install --no-deps --no-build-isolation --editable .
echo "$venv is ready"
