# The learner's folder, as the starter has it, with the first model. Files that are there stay.
mkdir -p "$LABCTL_WORK/image"
for file in Dockerfile server.py; do
  [ -e "$LABCTL_WORK/image/$file" ] || cp "starter/image/$file" "$LABCTL_WORK/image/$file"
done
cp starter/models/first.json "$LABCTL_WORK/image/model.json"
docker build --label dev.labctl.image-of=three-runtimes -t penguin:v1 "$LABCTL_WORK/image"
