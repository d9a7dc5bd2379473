#!/usr/bin/env bash
# Make a virtual environment at $1 with the newest Python from 3.11 on that this machine has.
# PYTHON=/path/to/python chooses one by hand.
set -euo pipefail

good() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# 3.11 to 3.14 are tried before plain python3 only when python3 itself is too old.
for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
  if command -v "$python" >/dev/null && good "$python"; then
    chosen=$python
    break
  fi
done
if [ -z "${chosen:-}" ]; then
  echo "Lianyi needs Python 3.11 or newer, and none was found. 需要 Python 3.11 或更高版本。" >&2
  exit 1
fi

# Debian and Ubuntu ship Python without the part that makes environments.
if ! "$chosen" -c 'import ensurepip' 2>/dev/null && command -v apt-get >/dev/null; then
  "$(dirname "$0")/install_packages.sh" "$("$chosen" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')"
fi
"$chosen" -m venv --clear "$1"
