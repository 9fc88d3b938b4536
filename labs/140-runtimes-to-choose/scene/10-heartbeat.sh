# RuntimeClasses belong to no namespace: those that a learner made are taken away here.
kubectl delete runtimeclasses -l 'app.kubernetes.io/managed-by!=labctl' --ignore-not-found
# The scene's own class goes with the lab's namespace, which owns it.
namespace=$(kubectl get namespace choosing -o 'jsonpath={.metadata.uid}')
kubectl apply -f - <<YAML
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: sandboxed
  ownerReferences:
    - {apiVersion: v1, kind: Namespace, name: choosing, uid: $namespace}
handler: runsc
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: heartbeat
  namespace: choosing
spec:
  replicas: 1
  selector:
    matchLabels:
      app: heartbeat
  template:
    metadata:
      labels:
        app: heartbeat
    spec:
      runtimeClassName: sandboxed
      terminationGracePeriodSeconds: 1
      containers:
        - name: heartbeat
          image: docker.io/library/model-choice:v1
          imagePullPolicy: IfNotPresent
          command: [sh, -c, "while date; do sleep 2; done"]
          resources:
            limits:
              memory: 2Mi
YAML
