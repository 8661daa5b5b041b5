#!/bin/sh
# Install the programs of others that tests speak with into an environment of their own: scripts/install-clients.sh DIRECTORY
#
# They pin much of what Rivergauge uses, at other versions. Everything comes from one lock, checked by hash; an
# environment that was made from the same lock is left alone.
set -eu
cd "$(dirname "$0")/.."

venv=${1:?expected a directory, got nothing}
lock=requirements/clients.lock
made_from=$venv/made-from.lock
if cmp -s "$lock" "$made_from"; then
  exit 0
fi
python=$(scripts/find-python.sh)
echo "installing $lock into $venv (once; about a minute)" >&2
"$python" -m venv --clear "$venv"
# Nothing is compiled beforehand: kubernetes, which kserve imports a part of, would take longer than all tests here.
"$venv/bin/python" -m pip --disable-pip-version-check --quiet install --no-deps --no-compile --require-hashes -r "$lock"
cp "$lock" "$made_from"
