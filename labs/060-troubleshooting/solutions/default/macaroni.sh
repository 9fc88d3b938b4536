# The port on which the server listens.
kubectl -n clinic patch deployment macaroni --patch '
spec:
  template:
    spec:
      containers:
        - name: server
          readinessProbe:
            httpGet: {path: /healthz, port: 8080}
'
