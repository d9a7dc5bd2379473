#!/usr/bin/env bash
# Install Debian packages, or say plainly which ones a person has to install.
set -euo pipefail

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo -n)
fi
if command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }; then
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -qq </dev/null
  "${as_root[@]}" apt-get install -qq -y --no-install-recommends "$@" </dev/null
else
  echo "Please install (请先安装): $*" >&2
  echo "On Debian or Ubuntu: sudo apt-get install $*" >&2
  exit 1
fi
