# On one worker model-store:v1 means yesterday's build of it: somebody loaded that node by hand and
# gave it the tag, and nobody has loaded it since.
odd=$(kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o \
  jsonpath='{range .items[*]}{.metadata.name} {.status.nodeInfo.containerRuntimeVersion}{"\n"}{end}' |
  grep " $LABCTL_PARAM_ODD:" | cut -d ' ' -f 1)
store=docker.io/library/model-store

build() {
  docker buildx build --quiet --load --provenance=false --build-arg MODEL=yesterday.json \
    --label "dev.labctl.image-of=$LABCTL_LAB" --tag model-store:yesterday app
  trap 'docker image rm --force model-store:yesterday' EXIT
}

if ! docker exec "$odd" crictl inspecti -q "$store:yesterday"; then
  build
  case $LABCTL_PARAM_ODD in
  containerd)
    docker save model-store:yesterday | docker exec -i "$odd" ctr -n k8s.io images import -
    ;;
  cri-o) # skopeo takes no archive from a pipe
    docker save model-store:yesterday | docker exec -i "$odd" sh -ec '
      trap "rm -f /var/tmp/yesterday.tar" EXIT
      cat >/var/tmp/yesterday.tar
      skopeo copy --quiet docker-archive:/var/tmp/yesterday.tar "containers-storage:$1:yesterday"
    ' sh "$store"
    ;;
  docker)
    docker save model-store:yesterday | docker exec -i "$odd" docker load --quiet
    ;;
  esac
fi
case $LABCTL_PARAM_ODD in
containerd) docker exec "$odd" ctr -n k8s.io images tag --force "$store:yesterday" "$store:v1" ;;
cri-o)
  docker exec "$odd" skopeo copy --quiet \
    "containers-storage:$store:yesterday" "containers-storage:$store:v1"
  ;;
docker) docker exec "$odd" docker tag "$store:yesterday" "$store:v1" ;;
esac

# The Pod there was made from the right image. (Where there is no DaemonSet, there is none.)
kubectl -n "$LABCTL_NAMESPACE" get daemonset model-store || exit 0
kubectl -n "$LABCTL_NAMESPACE" delete pods -l app=model-store --field-selector "spec.nodeName=$odd"
kubectl -n "$LABCTL_NAMESPACE" rollout status daemonset model-store --timeout=180s
