docker build --label dev.labctl.image-of=three-runtimes -t penguin:v2 "$LABCTL_WORK/image"
