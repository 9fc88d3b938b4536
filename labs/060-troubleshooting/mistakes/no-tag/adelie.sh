kubectl -n clinic set image deployment/adelie server=docker.io/library/clinic-server
