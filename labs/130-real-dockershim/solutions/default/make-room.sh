new=$(kubectl get nodes -o wide | awk '/containerd:/ { print $1; exit }')
# A taint that is gone already is no reason to fail.
for taint in control-plane master; do
  kubectl taint nodes "$new" "node-role.kubernetes.io/$taint-" || true
done
