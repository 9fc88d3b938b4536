# Unpack an image's layers into a root file system. Runs on the node:
#   bash unpack.sh IMAGE_FOLDER ROOTFS
set -eu
image=$1 rootfs=$2
rm -rf "$rootfs"
mkdir -p "$rootfs"

# index.json -> manifest -> layers, the lowest first.
manifest=$(jq -r '.manifests[0].digest' "$image/index.json")
layers=$(jq -r '.layers[].digest' "$image/blobs/${manifest/://}")

for layer in $layers; do
  archive=$image/blobs/${layer/://}
  # First what this layer takes away. ".wh.NAME" means: NAME of the layers below is gone;
  # ".wh..wh..opq": everything that the layers below have in this folder is gone.
  tar -tf "$archive" | { grep -E '(^|/)\.wh\.' || true; } | while read -r mark; do
    folder=$rootfs/$(dirname "$mark") name=$(basename "$mark")
    if [ "$name" = .wh..wh..opq ]; then
      [ ! -d "$folder" ] || find "$folder" -mindepth 1 -delete
    else
      rm -rf "$folder/${name#.wh.}"
    fi
  done
  # Then what it brings. The marks themselves are no files of the image.
  tar -xf "$archive" -C "$rootfs" --numeric-owner --exclude='.wh.*'
  echo "unpacked $layer"
done
