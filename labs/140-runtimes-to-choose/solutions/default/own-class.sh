# A handler can't be changed: a class with another one is replaced.
handler=$(kubectl get runtimeclass lean -o 'jsonpath={.handler}' --ignore-not-found)
[ -z "$handler" ] || [ "$handler" = crun ] || kubectl delete runtimeclass lean
kubectl apply -f - <<'YAML'
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: lean
handler: crun
YAML
kubectl -n choosing patch deployment heartbeat --type merge \
  --patch '{"spec": {"template": {"spec": {"runtimeClassName": "lean"}}}}'
