#!/bin/sh
# Write the two locks from pyproject.toml: one resolution for CPython 3.11 to 3.14, every file named by its hash.
#
#   runtime.lock  what the service and its build backend need (make demo, the image)
#   dev.lock      the same pins and the development packages (make test, make check)
#
# No index address is written: a lock says what is installed, the user's own configuration says from where.
# Arguments are passed to uv: scripts/lock.sh --upgrade, scripts/lock.sh --upgrade-package river
set -eu
cd "$(dirname "$0")/.."

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
  echo "make lock needs uv, got none on PATH: install it (pipx install uv) and run make lock again" >&2
  exit 2
fi

compile() { # compile LOCK ARGUMENTS...
  lock=$1
  shift
  "$uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file "$lock" "$@" >/dev/null
}

compile requirements/dev.lock --group dev "$@"
# Constrained by the first result, so that both name the same versions.
compile requirements/runtime.lock --group build --constraints requirements/dev.lock "$@"
