cp starter/models/second.json "$LABCTL_WORK/image/model.json"
docker build --label dev.labctl.image-of=three-runtimes -t penguin:v2 "$LABCTL_WORK/image"
labctl load penguin:v2

answers=$LABCTL_WORK/answers.yaml
[ -e "$answers" ] || cp starter/answers.yaml "$answers"
note() {
  grep -q "^$1:" "$answers" || echo "$1:" >>"$answers"
  sed -i "s|^$1:.*|$1: $2|" "$answers"
}
layers() {
  docker image inspect --format '{{ range .RootFS.Layers }}{{ println . }}{{ end }}' "$1" |
    grep sha256 | sort
}
note layers_kept "$(comm -12 <(layers penguin:v1) <(layers penguin:v2) | wc -l)"
note new_layer "$(comm -13 <(layers penguin:v1) <(layers penguin:v2))"
