# The key that the ConfigMap has. (A key `units: kg` in the ConfigMap would be as good.)
kubectl -n clinic patch deployment gentoo --patch '
spec:
  template:
    spec:
      containers:
        - name: server
          env:
            - name: UNIT
              valueFrom:
                configMapKeyRef: {name: server-settings, key: unit}
'
