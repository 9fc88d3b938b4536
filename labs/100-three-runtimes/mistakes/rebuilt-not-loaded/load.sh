labctl load penguin:v1
cp starter/models/second.json "$LABCTL_WORK/image/model.json"
docker build --label dev.labctl.image-of=three-runtimes -t penguin:v1 "$LABCTL_WORK/image"
