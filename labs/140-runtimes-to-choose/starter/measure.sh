# Runs inside the node:  docker exec -i "$NODE" sh -s 20 <measure.sh
#
# 1. Start a container that ends at once, by runc and by crun in turns, 20 times
#    each. No Kubernetes and no containerd in between: the program alone.
# 2. Ask the kernel for the most memory that each container of this lab ever had.
set -eu
rounds=${1:-20}

# The root file system is that of a server that runs already: the image, unpacked.
id=$(crictl ps --quiet --name '^server$' | head -n 1)
root=/run/containerd/io.containerd.runtime.v2.task/k8s.io/$id/rootfs
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"
runc spec
jq --arg root "$root" '.root = {path: $root, readonly: true}
  | .process.terminal = false | .process.args = ["true"]' config.json >changed
mv changed config.json

round=1
while [ "$round" -le "$rounds" ]; do
  for program in runc crun; do
    begin=$(date +%s%N)
    "$program" run "measure-$$-$program-$round" </dev/null
    end=$(date +%s%N)
    echo $((end - begin)) >>"$program"
  done
  round=$((round + 1))
done

echo "$rounds starts each, in ms:"
for program in runc crun; do
  sort -n "$program" | awk -v name="$program" '
    { took[NR] = $1 / 1000000 }
    END {
      printf "  %-5s fastest %6.1f   median %6.1f   slowest %6.1f\n",
        name, took[1], took[int((NR + 1) / 2)], took[NR]
    }'
done

# cgroup v1 and v2 have other names for the same.
peak() {
  group=$(sed -n 's/^[0-9]*:memory://p' "/proc/$1/cgroup")
  if [ -n "$group" ]; then
    cat "/sys/fs/cgroup/memory$group/memory.max_usage_in_bytes"
  else
    cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")/memory.peak"
  fi
}

echo "the most memory that a container ever had, in KiB:"
crictl ps --output json | jq -r '.containers[].id' | while read -r id; do
  crictl inspect "$id" | jq -r '[.info.pid, .status.labels["io.kubernetes.pod.namespace"],
    .status.labels["io.kubernetes.pod.name"]] | @tsv' | while read -r pid namespace pod; do
    [ "$namespace" = choosing ] || continue
    printf '  %-28s %6d\n' "$pod" $(($(peak "$pid") / 1024))
  done
done
