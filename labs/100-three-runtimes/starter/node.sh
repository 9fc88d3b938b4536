# The name of the worker that has a runtime:
#   sh node.sh cri-o
labctl kubectl get nodes -l '!node-role.kubernetes.io/control-plane' \
  -o jsonpath='{range .items[*]}{.metadata.name} {.status.nodeInfo.containerRuntimeVersion}{"\n"}{end}' |
  grep " $1:" | cut -d ' ' -f 1
