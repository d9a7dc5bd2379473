#!/usr/bin/env bash
# Make sure that the tests of signing in with LDAP find a real OpenLDAP server.
set -euo pipefail

if [ ! -x /usr/sbin/slapd ] || [ ! -x /usr/sbin/slapadd ]; then
  # Installing the package must not start a server of its own.
  "$(dirname "$0")/install_packages.sh" slapd || {
    echo "Without it the tests against OpenLDAP are skipped." >&2
    exit 1
  }
fi
