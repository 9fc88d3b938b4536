cd "$LABCTL_WORK"
note() { sed -i "s|^$1:.*|$1: $2|" answers.yaml; }
worker=$(echo "$LABCTL_NODES" | cut -d ' ' -f 2)
on() { docker exec "$worker" "$@"; }

# A second time `second` has been through it already.
if ! on grep -q '"live-restore"' /etc/docker/daemon.json && on pidof dockerd; then
  on docker inspect second >/dev/null 2>&1 ||
    on docker run -d --name second --network host -e NAME=second clock:v1
  note second_pid "$(on docker inspect --format '{{.State.Pid}}' second)"
  on sh -c 'mkdir -p /run/systemd/system/docker.service.d
    printf "[Service]\nRestart=no\n" >/run/systemd/system/docker.service.d/away.conf'
  on systemctl daemon-reload
  on bash -c 'kill -9 $(pidof dockerd)'
  sleep 5
  on sh -c 'containerd --config /run/docker/containerd/containerd.toml \
    >/root/containerd.log 2>&1 </dev/null &'
  sleep 2
  on ctr --address /run/docker/containerd/containerd.sock --namespace moby tasks list
fi
note containerd_ended yes
