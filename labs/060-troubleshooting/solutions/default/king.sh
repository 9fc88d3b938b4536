# The table takes 76 MiB and the server itself about 20.
kubectl -n clinic set resources deployment king --limits=memory=128Mi
