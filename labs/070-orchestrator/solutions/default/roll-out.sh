kubectl -n fleet set image deployment/fleet server=docker.io/library/fleet-server:v2
kubectl -n fleet rollout status deployment/fleet --timeout=120s
