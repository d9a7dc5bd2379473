#!/usr/bin/env bash
# Make a virtual environment at $1 with the fastest Python from 3.11 on that this machine has: one
# that was built without its optimisations takes half as long again for every message.
# PYTHON=/path/to/python chooses one by hand.
set -euo pipefail

good() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# How long this Python takes for work like ours, in microseconds; the least of a few tries.
micros() {
  "$1" -c '
from timeit import repeat
def work():
    found = {}
    for n in range(1000):
        first, second, third = f"{n}|{n * 2}|x".split("|")
        found[first] = second, third
print(int(min(repeat(work, number=20, repeat=7)) / 20 * 1e6))'
}

least=
for python in ${PYTHON:-python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11}; do
  if command -v "$python" >/dev/null && good "$python"; then
    took=$(micros "$python")
    if [ -z "$least" ] || [ "$took" -lt "$least" ]; then
      least=$took chosen=$python
    fi
  fi
done
if [ -z "$least" ]; then
  echo "Lianyi needs Python 3.11 or newer, and none was found. 需要 Python 3.11 或更高版本。" >&2
  exit 1
fi

# Debian and Ubuntu ship Python without the part that makes environments.
if ! "$chosen" -c 'import ensurepip' 2>/dev/null && command -v apt-get >/dev/null; then
  "$(dirname "$0")/install_packages.sh" "$("$chosen" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')"
fi
"$chosen" -m venv --clear "$1"
