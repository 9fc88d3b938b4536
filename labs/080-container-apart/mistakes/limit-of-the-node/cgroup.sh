cd "$LABCTL_WORK"
note() { sed -i "s|^$1:.*|$1: $2|" answers.yaml; }
node=$(kubectl -n parts get pod parts -o jsonpath='{.spec.nodeName}')
pid=$(sed -n 's/^pid: //p' answers.yaml)

# Version 1: the line of the memory controller, which comes before version 2's "0::".
cgroup=$(docker exec "$node" grep -E ':memory:|^0::' "/proc/$pid/cgroup" | sed -n '1s/^[^:]*:[^:]*://p')
note cgroup "$cgroup"
note memory_limit "$(docker exec "$node" sh -c "cd /sys/fs/cgroup
  cat memory/memory.limit_in_bytes 2>/dev/null || cat memory.max")"
