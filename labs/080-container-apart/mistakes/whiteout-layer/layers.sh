cd "$LABCTL_WORK"
note() { sed -i "s|^$1:.*|$1: $2|" answers.yaml; }

manifest=$(grep -o 'sha256:[0-9a-f]*' image/index.json | sed -n 1p)
for layer in $(grep -o 'sha256:[0-9a-f]*' "image/blobs/${manifest/://}" | tail -n +2); do
  archive=image/blobs/${layer/://}
  files=$(tar -tf "$archive")
  case $files in *app/.wh.token.txt*) note token_layer "$layer" ;; esac
  case $files in *app/model.json*) note model_layer "$layer" ;; esac # the topmost stays
  case $files in
    *app/token.txt*)
      :
      note token "\"$(tar -xOf "$archive" app/token.txt)\""
      ;;
  esac
done
