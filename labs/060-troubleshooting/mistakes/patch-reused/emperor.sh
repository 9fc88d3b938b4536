kubectl -n clinic patch deployment emperor --patch '
spec:
  template:
    spec:
      containers:
        - name: server
          env:
            - name: UNIT
              valueFrom:
                configMapKeyRef: {name: server-settings, key: unit}
          args: ["--model", "/app/model.json"]
'
