#!/bin/sh
# Print a Python of 3.11 to 3.14, the versions the locks were resolved for. PYTHON=... names one and is not second-guessed.
set -eu

usable() { # a shim without a version behind it fails here, as it should
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null
}

if [ -n "${PYTHON:-}" ]; then
  if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "PYTHON must be a Python >= 3.11, got $PYTHON ($("$PYTHON" --version 2>&1 || true)): name another" >&2
    exit 2
  fi
  command -v "$PYTHON"
  exit 0
fi

found=
for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
  command -v "$name" >/dev/null || continue
  if usable "$name"; then
    command -v "$name"
    exit 0
  fi
  found="$found $name ($("$name" --version 2>&1 | head -n 1 || true))"
done
echo "Rivergauge needs Python 3.11, 3.12, 3.13 or 3.14, got:${found:- no Python on PATH}" >&2
echo "Install one, or name it: make demo PYTHON=/path/to/python3.12" >&2
exit 2
