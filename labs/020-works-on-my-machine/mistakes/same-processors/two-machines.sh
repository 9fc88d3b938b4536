# Only containers with this lab's label are replaced.
train() {
  docker ps --all --quiet --filter "name=^$1\$" --filter label=dev.labctl.lab=works-on-my-machine |
    xargs --no-run-if-empty docker rm --force
  docker run --name "$1" --label dev.labctl.lab=works-on-my-machine "${@:2}"
}
train loose-a --cpuset-cpus 0 train-loose:v1
train loose-b --cpuset-cpus 0 train-loose:v1
