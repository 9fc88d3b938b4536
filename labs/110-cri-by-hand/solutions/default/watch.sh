worker=$(echo "$LABCTL_NODES" | cut -d " " -f 2)
answers=$LABCTL_WORK/answers.yaml
[ -e "$answers" ] || cp starter/answers.yaml "$answers"
note() {
  grep -q "^$1:" "$answers" || echo "$1:" >>"$answers"
  sed -i "s|^$1:.*|$1: $2|" "$answers"
}
note call_1 RunPodSandbox
note call_2 CreateContainer
note call_3 StartContainer

kubectl apply -f starter/by-kubelet.yaml
restarts() {
  kubectl -n cri get pod by-kubelet -o jsonpath='{.status.containerStatuses[0].restartCount}'
}
# Once is enough: the kubelet waits longer before each further restart.
if [ "$(docker exec "$worker" systemctl is-active kubelet || true)" = active ]; then
  kubectl -n cri wait --for=condition=Ready pod by-kubelet --timeout=60s
  if [ "$(restarts)" = 0 ]; then
    docker exec "$worker" pkill -f /app/server.py
    for _ in $(seq 30); do
      [ "$(restarts)" = 0 ] || break
      sleep 1
    done
  fi
fi
