# labctl trace names the node; here the scene's own choice does.
odd=$(kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o \
  jsonpath='{range .items[*]}{.metadata.name} {.status.nodeInfo.containerRuntimeVersion}{"\n"}{end}' |
  grep " $LABCTL_PARAM_ODD:" | cut -d ' ' -f 1)
answers=$LABCTL_WORK/answers.yaml
[ -e "$answers" ] || cp starter/answers.yaml "$answers"
grep -q '^odd_node:' "$answers" || echo 'odd_node:' >>"$answers"
sed -i "s|^odd_node:.*|odd_node: $odd|" "$answers"

labctl load model-store:v1
kubectl -n everywhere delete pods -l app=model-store --field-selector "spec.nodeName=$odd"
kubectl -n everywhere rollout status daemonset model-store --timeout=180s
