cd "$LABCTL_WORK"
note() { sed -i "s|^$1:.*|$1: $2|" answers.yaml; }
node=$(kubectl -n parts get pod parts -o jsonpath='{.spec.nodeName}')
kubectl -n parts wait --for=condition=Ready --timeout=120s pod/parts

container=$(docker exec "$node" crictl ps --quiet --name '^server$' \
  --label io.kubernetes.pod.namespace=parts)
pid=$(docker exec "$node" crictl inspect "$container" | docker exec -i "$node" jq .info.pid)
number() { docker exec "$node" readlink "/proc/$1/ns/$2" | tr -cd '0-9\n'; }

note pid "$pid"
note net "$(number "$pid" net)"
note node_net "$(number 1 net)"
shared=
for kind in cgroup ipc mnt net pid time user uts; do
  [ "$(number 1 $kind)" != "$(number "$pid" $kind)" ] || shared="$shared${shared:+, }$kind"
done
note shared "[$shared]"
