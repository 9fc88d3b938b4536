# Back to version 1, and forward to version 2 again: the second undo takes back the first.
for _ in back forward; do
  kubectl -n fleet rollout undo deployment/fleet
  kubectl -n fleet rollout status deployment/fleet --timeout=120s
done
