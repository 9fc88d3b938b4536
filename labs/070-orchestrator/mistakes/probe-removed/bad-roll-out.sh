kubectl -n fleet patch deployment fleet --type=json --patch '[
  {"op": "remove", "path": "/spec/template/spec/containers/0/readinessProbe"}
]'
kubectl -n fleet set image deployment/fleet server=docker.io/library/fleet-server:v3
kubectl -n fleet rollout status deployment/fleet --timeout=120s
