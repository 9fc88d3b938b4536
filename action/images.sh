#!/usr/bin/env bash
# Node images from run to run: `images.sh load FOLDER`, `images.sh save FOLDER`.
# An image that can't be kept costs time and nothing else, so that this never fails a run.
set -euo pipefail
folder=$2
mkdir -p "$folder"
case $1 in
load)
  for bundle in "$folder"/*.tar.zst; do
    [ -e "$bundle" ] || continue
    labctl node-image import "$bundle" || rm -f "$bundle"
  done
  ;;
save)
  { labctl node-image list || true; } | tail -n +2 | while read -r kubernetes runtime _; do
    bundle=$folder/$kubernetes-$runtime.tar.zst
    [ -e "$bundle" ] ||
      labctl node-image export --kubernetes "$kubernetes" --runtime "$runtime" "$bundle" </dev/null ||
      rm -f "$bundle"
  done
  ;;
*)
  echo "images.sh: load or save, not '$1'" >&2
  exit 2
  ;;
esac
