#!/usr/bin/env bash
# Make a virtual environment at $1 with the fastest Python from 3.11 on that this machine has: one
# that was built without its optimisations takes half as long again for every message.
# PYTHON=/path/to/python chooses one by hand.
set -euo pipefail

good() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# How long this Python takes for work like ours, in microseconds of processor time; the least of a few
# tries.
micros() {
  "$1" -c '
from time import process_time
class Message:
    __slots__ = ("fields", "key")
    def __init__(self, line):
        self.fields = line.split("|")
        self.key = self.fields[0]
    def value(self, n):
        return self.fields[n] if n < len(self.fields) else ""
def work():
    found = {}
    for n in range(1000):
        message = Message(f"{n}|{n * 2}|x")
        found[message.key] = message.value(1), message.value(2)
def took():
    began = process_time()
    work()
    return process_time() - began
print(int(min(took() for _ in range(25)) * 1e6))'
}

candidates=()
for python in ${PYTHON:-python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11}; do
  if command -v "$python" >/dev/null && good "$python"; then candidates+=("$python"); fi
done
if [ ${#candidates[@]} -eq 0 ]; then
  echo "Lianyi needs Python 3.11 or newer, and none was found. 需要 Python 3.11 或更高版本。" >&2
  exit 1
fi

# In turns, because the machine itself may be fast now and slow a moment later.
least= chosen=${candidates[0]}
if [ ${#candidates[@]} -gt 1 ]; then
  for _ in 1 2 3 4; do
    for python in "${candidates[@]}"; do
      took=$(micros "$python")
      if [ -z "$least" ] || [ "$took" -lt "$least" ]; then
        least=$took chosen=$python
      fi
    done
  done
fi

# Debian and Ubuntu ship Python without the part that makes environments.
if ! "$chosen" -c 'import ensurepip' 2>/dev/null && command -v apt-get >/dev/null; then
  "$(dirname "$0")/install_packages.sh" "$("$chosen" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')"
fi
"$chosen" -m venv --clear "$1"
