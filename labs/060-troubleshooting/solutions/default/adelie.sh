# The name of the image, letter by letter, as the node has it.
kubectl -n clinic set image deployment/adelie server=docker.io/library/clinic-server:v1
