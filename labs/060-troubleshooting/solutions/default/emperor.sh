# The path that the model has in the image.
kubectl -n clinic patch deployment emperor --patch '
spec:
  template:
    spec:
      containers:
        - name: server
          args: ["--model", "/app/model.json"]
'
