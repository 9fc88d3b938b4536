# Only a container with this lab's label is replaced.
docker ps --all --quiet --filter name='^model-server$' --filter label=dev.labctl.lab=serve-a-model |
  xargs --no-run-if-empty docker rm --force
docker run -d --name model-server --label dev.labctl.lab=serve-a-model model-server:v1
