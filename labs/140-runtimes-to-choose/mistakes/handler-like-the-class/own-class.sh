kubectl apply -f - <<'YAML'
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: lean
handler: lean
YAML
kubectl -n choosing patch deployment heartbeat --type merge \
  --patch '{"spec": {"template": {"spec": {"runtimeClassName": "lean"}}}}'
