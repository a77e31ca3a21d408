#!/usr/bin/env bash
# Makes a virtual environment with the sregistry client in the directory that is named, and prints
# the path of its program. What is there already is used again.
#
# The client needs a SQLAlchemy older than 2, and does not say that it needs requests-toolbelt.
set -euo pipefail

place=$1
python=${2:-python3}
version=0.2.39

exec 9>"$place.lock"
flock 9
if [ "$("$place/bin/sregistry" --version 2>/dev/null)" != "$version" ]; then
    "$python" -m venv --clear "$place" >&2
    "$place/bin/pip" install --quiet --disable-pip-version-check \
        "sregistry==$version" 'sqlalchemy<2' requests-toolbelt python-dateutil >&2
fi
echo "$place/bin/sregistry"
