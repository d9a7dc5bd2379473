#!/usr/bin/env bash
# Give the tests what they need of this machine: a Chromium that can draw Chinese, a Java for Spark,
# and FUSE, on which the power cuts are played. Without a browser nothing goes on; without FUSE those
# tests are skipped and say why.
set -euo pipefail
install="$(dirname "$0")/install_packages.sh"

missing=()
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null \
  && ! command -v google-chrome >/dev/null; then
  missing+=(chromium)
fi
if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=zh)" ]; then
  missing+=(fontconfig fonts-noto-cjk)
fi
if [ ${#missing[@]} -gt 0 ]; then
  "$install" "${missing[@]}" || {
    echo "Without them: make test-fast runs everything but the browser tests." >&2
    exit 1
  }
fi

# Only root may mount for another account, so nobody else needs it.
if [ "$(id -u)" -eq 0 ] && [ -e /dev/fuse ] && ! command -v fusermount3 >/dev/null; then
  "$install" fuse3 || echo "Without fuse3 the tests that cut the power are skipped." >&2
fi

# A PostgreSQL with TLS (the embedded one has none), and what looks at TLS from outside.
missing=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
command -v sslscan >/dev/null || missing+=(sslscan)
if [ ${#missing[@]} -gt 0 ]; then
  "$install" "${missing[@]}" || echo "Without them: ${missing[*]}: those tests are skipped." >&2
fi

# A MariaDB that plays the database of another system. Nothing is skipped without it: it must be there.
if [ ! -x /usr/sbin/mariadbd ] && ! command -v mariadbd >/dev/null; then
  "$install" mariadb-server
fi

# A Java for Spark, which counts the indicators beside DuckDB; any one from 17 on.
if [ -z "${JAVA_HOME:-}" ] && ! command -v java >/dev/null; then
  "$install" default-jre-headless
fi
