#!/usr/bin/env bash
# Make sure that the browser tests find a Chromium, and that it can draw Chinese.
set -euo pipefail

missing=()
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null \
  && ! command -v google-chrome >/dev/null; then
  missing+=(chromium)
fi
if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=zh)" ]; then
  missing+=(fontconfig fonts-noto-cjk)
fi
if [ ${#missing[@]} -gt 0 ]; then
  "$(dirname "$0")/install_packages.sh" "${missing[@]}" || {
    echo "Without them: make test-fast runs everything but the browser tests." >&2
    exit 1
  }
fi
