# Write a value to the learner's notes, whatever stood there.
note() {
  touch "$LABCTL_WORK/answers.yaml"
  sed -i "/^$1:/d" "$LABCTL_WORK/answers.yaml"
  echo "$1: $2" >>"$LABCTL_WORK/answers.yaml"
}

kubectl -n fleet patch deployment fleet --type=json --patch '[
  {"op": "remove", "path": "/spec/template/spec/containers/0/readinessProbe"}
]'
kubectl -n fleet set image deployment/fleet server=docker.io/library/fleet-server:v3
kubectl -n fleet rollout status deployment/fleet --timeout=120s
