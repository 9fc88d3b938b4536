# The image without settings first, then the containers, then the image with settings.
docker build --label dev.labctl.image-of=works-on-my-machine --tag trainer:v1 starter/trainer
train() {
  docker ps --all --quiet --filter "name=^$1\$" --filter label=dev.labctl.lab=works-on-my-machine |
    xargs --no-run-if-empty docker rm --force
  docker run --name "$1" --label dev.labctl.lab=works-on-my-machine "${@:2}"
}
train pinned-a --cpuset-cpus 0 trainer:v1
train pinned-b --cpuset-cpus 0,1 trainer:v1
bash -eu solutions/default/pin-it.sh
