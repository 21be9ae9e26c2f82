#!/bin/sh
# Installs the real servers that tests need from Debian's packages, where that is possible; says so where it is not.
# With CI=true the tests themselves fail for a server that is missing.
set -u
missing=
command -v dovecot >/dev/null || [ -x /usr/sbin/dovecot ] || missing="$missing dovecot-imapd"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v chromium >/dev/null || missing="$missing chromium"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "== installing$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q && apt-get install -q -y --no-install-recommends $missing && exit 0
fi
echo "NOT INSTALLED:$missing. Their tests are skipped (Debian: apt-get install$missing)."
