kubectl -n everywhere rollout status daemonset penguin --timeout=120s
node=$(kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o \
  jsonpath='{range .items[*]}{.metadata.name} {.status.nodeInfo.containerRuntimeVersion}{"\n"}{end}' |
  grep " cri-o:" | cut -d ' ' -f 1)
digest=$(kubectl -n everywhere get pods -l app=penguin --field-selector "spec.nodeName=$node" \
  -o jsonpath='{.items[0].status.containerStatuses[0].imageID}')
cat >"$LABCTL_WORK/answers.yaml" <<END
image_id: ${digest##*@}
other_digest_on: cri-o
watched_by_containerd: containerd-shim-runc-v2
watched_by_cri_o: conmon
watched_by_docker: containerd-shim-runc-v2
END
