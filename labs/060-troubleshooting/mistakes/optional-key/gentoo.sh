kubectl -n clinic patch deployment gentoo --patch '
spec:
  template:
    spec:
      containers:
        - name: server
          env:
            - name: UNIT
              valueFrom:
                configMapKeyRef: {name: server-settings, key: units, optional: true}
'
