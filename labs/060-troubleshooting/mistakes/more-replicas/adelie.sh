kubectl -n clinic scale deployment adelie --replicas=3
