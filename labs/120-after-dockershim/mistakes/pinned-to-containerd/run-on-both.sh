node=$(kubectl get nodes -o wide | awk '/containerd:/ && !/control-plane/ { print $1; exit }')
kubectl apply -f solutions/default/run-on-both.yaml
kubectl -n moving patch deployment model-server --type merge --patch \
  "{\"spec\": {\"template\": {\"spec\": {\"nodeSelector\": {\"kubernetes.io/hostname\": \"$node\"}}}}}"
