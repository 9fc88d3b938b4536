cd "$LABCTL_WORK"
note() { sed -i "s|^$1:.*|$1: $2|" answers.yaml; }
worker=$(echo "$LABCTL_NODES" | cut -d ' ' -f 2)
on() { docker exec "$worker" "$@"; }

on docker inspect first >/dev/null 2>&1 ||
  on docker run -d --name first --network host -e NAME=first clock:v1

parent() { on ps -o comm= -p "$(on ps -o ppid= -p "$1" | tr -d ' ')"; }
shim=$(on pidof containerd-shim-runc-v2 | cut -d ' ' -f 1)
note server_parent runc
note shim_parent "$(parent "$shim")"
note containerd_parent "$(parent "$(on pidof containerd)")"
note runc no
