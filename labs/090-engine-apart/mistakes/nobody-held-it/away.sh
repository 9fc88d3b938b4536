cd "$LABCTL_WORK"
note() { sed -i "s|^$1:.*|$1: $2|" answers.yaml; }
worker=$(echo "$LABCTL_NODES" | cut -d ' ' -f 2)
on() { docker exec "$worker" "$@"; }

on docker run -d --name second --network host -e NAME=second clock:v1
note second_pid "$(on docker inspect --format '{{.State.Pid}}' second)"
on bash -c 'kill -9 $(pidof dockerd)'
until [ "$(on docker inspect --format '{{.State.Running}}' second 2>/dev/null)" = false ]; do
  sleep 1
done
note containerd_ended yes
