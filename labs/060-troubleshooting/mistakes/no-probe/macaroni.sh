kubectl -n clinic patch deployment macaroni --type=json \
  --patch '[{"op": "remove", "path": "/spec/template/spec/containers/0/readinessProbe"}]'
