docker run --rm --name loose-a --label dev.labctl.lab=works-on-my-machine \
  --cpuset-cpus 0 train-loose:v1
docker run --rm --name loose-b --label dev.labctl.lab=works-on-my-machine \
  --cpuset-cpus 0,1 train-loose:v1
