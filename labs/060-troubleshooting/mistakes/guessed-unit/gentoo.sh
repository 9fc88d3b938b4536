kubectl -n clinic patch configmap server-settings --patch '{"data": {"units": "g"}}'
