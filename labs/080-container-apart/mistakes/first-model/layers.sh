cd "$LABCTL_WORK"
note() { sed -i "s|^$1:.*|$1: $2|" answers.yaml; }

manifest=$(grep -o 'sha256:[0-9a-f]*' image/index.json | sed -n 1p)
for layer in $(grep -o 'sha256:[0-9a-f]*' "image/blobs/${manifest/://}" | tail -n +2); do
  archive=image/blobs/${layer/://}
  files=$(tar -tf "$archive")
  case $files in *app/model.json*) [ -n "${seen:-}" ] || note model_layer "$layer"; seen=1 ;; esac
  case $files in
    *app/token.txt*)
      note token_layer "$layer"
      note token "\"$(tar -xOf "$archive" app/token.txt)\""
      ;;
  esac
done
