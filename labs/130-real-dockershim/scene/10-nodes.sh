# As kubeadm of 1.24 leaves them: the control plane takes no Pods, the worker does.
for node in $LABCTL_NODES; do
  kubectl uncordon "$node"
done
kubectl taint nodes "${LABCTL_NODES%% *}" --overwrite \
  node-role.kubernetes.io/master=:NoSchedule node-role.kubernetes.io/control-plane=:NoSchedule
