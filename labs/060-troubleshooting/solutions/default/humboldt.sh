# The account that is there.
kubectl -n clinic set serviceaccount deployment humboldt model-server
