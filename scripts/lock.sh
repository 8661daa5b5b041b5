#!/bin/sh
# Write the two locks of pyproject.toml: one resolution for CPython 3.11 to 3.14, every file named by its hash.
#
#   runtime.lock  what the service and its build backend need (make demo, the image)
#   dev.lock      the same pins and the development packages (make test, make check)
#
# and, from requirements/clients.in, clients.lock: an environment apart from this (scripts/install-clients.sh).
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

compile() { # compile SOURCE LOCK ARGUMENTS...
  from=$1 lock=$2
  shift 2
  "$uv" pip compile "$from" --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file "$lock" "$@" >/dev/null
}

compile pyproject.toml requirements/dev.lock --group dev "$@"
# Constrained by the first result, so that both name the same versions.
compile pyproject.toml requirements/runtime.lock --group build --constraints requirements/dev.lock "$@"
compile requirements/clients.in requirements/clients.lock "$@"
