#!/usr/bin/env bash
# Install this checkout's labctl on a CI runner, and make the runner ready for it.
# Environment: RUNNER_TEMP, GITHUB_PATH, GITHUB_OUTPUT, as GitHub sets them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$RUNNER_TEMP/labctl
python -m venv "$venv"
"$venv/bin/pip" install --quiet --require-hashes -r "$here/requirements.lock"
"$venv/bin/pip" install --quiet --no-deps --no-build-isolation "$here"
echo "$venv/bin" >>"$GITHUB_PATH"
# What node images are made of: the key under which they are kept from run to run.
recipe=$(cd "$here" && find labctl/nodeimage -type f ! -name '*.pyc' -print0 | sort -z |
  xargs -0 sha256sum | sha256sum | cut -c 1-16)
echo "recipe=$recipe" >>"$GITHUB_OUTPUT"
sudo "$venv/bin/labctl" setup
