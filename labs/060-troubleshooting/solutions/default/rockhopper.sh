# The label that the Pods have.
kubectl -n clinic set selector service rockhopper app=rockhopper
