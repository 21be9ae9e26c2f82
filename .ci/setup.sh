#!/bin/sh
# Makes the project's own environment: setup.sh PYTHON VENV WHAT. Needs python3 only; on Debian as root it
# installs python3-venv itself where that is missing.
set -eu
python=$1 venv=$2 what=$3

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Triage needs Python 3.11 or newer; '$python' is $("$python" -V 2>&1). Try: make PYTHON=python3.12 ..." >&2
    exit 1
}
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "== making the environment $venv"
    "$python" -m venv --clear "$venv" 2>/dev/null || {
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            echo "== installing python3-venv"
            apt-get update -q && apt-get install -q -y python3-venv
            "$python" -m venv --clear "$venv"
        else
            echo "This python3 has no venv. Install it (Debian: apt-get install python3-venv) and run the command again." >&2
            exit 1
        fi
    }
fi
echo "== installing what the project needs (a minute or two the first time)"
PYTHONDONTWRITEBYTECODE= "$venv/bin/python" -m pip install --disable-pip-version-check --editable "$what"
