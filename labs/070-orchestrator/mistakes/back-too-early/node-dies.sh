node=$(kubectl -n fleet get pod alone -o jsonpath='{.spec.nodeName}')
docker stop "$node" >/dev/null
docker start "$node" >/dev/null
