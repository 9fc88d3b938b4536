kubectl -n clinic scale deployment king --replicas=0
