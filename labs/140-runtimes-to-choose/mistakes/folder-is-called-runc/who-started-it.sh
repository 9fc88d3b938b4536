notes=$LABCTL_WORK/notes.yaml
[ -f "$notes" ] || cp starter/notes.yaml "$notes"
node=${LABCTL_NODES%% *}
kubectl -n choosing wait --for=condition=Available --timeout=90s \
  deployment/plain deployment/with-runc deployment/with-crun

note() { sed -i "s|^$1:.*|$1: \"$2\"|" "$notes"; }

# The program that keeps the container's state: runc in state.json, crun in status.
started_by() {
  id=$(kubectl -n choosing get pods -l "app=$1" --field-selector status.phase=Running \
    -o jsonpath='{.items[0].status.containerStatuses[0].containerID}')
  case $(docker exec "$node" ls "/run/containerd/runc/k8s.io/${id#containerd://}") in
  *state.json*) echo runc ;;
  *status*) echo crun ;;
  esac
}

note plain_started_by "$(started_by plain)"
note with_runc_started_by "$(started_by with-runc)"
note with_crun_started_by "$(started_by with-crun)"
note runc_version "$(docker exec "$node" runc --version | awk 'NR == 1 { print $3 }')"
note crun_version "$(docker exec "$node" crun --version | awk 'NR == 1 { print $3 }')"
id=$(kubectl -n choosing get pods -l app=with-crun --field-selector status.phase=Running \
  -o jsonpath='{.items[0].status.containerStatuses[0].containerID}')
pid=$(docker exec "$node" sh -c "crictl inspect ${id#containerd://} | jq .info.pid")
parent=$(docker exec "$node" ps -o ppid= -p "$pid" | tr -d ' ')
watcher=$(docker exec "$node" ps -o args= -p "$parent" | cut -d ' ' -f 1)
note watched_by "${watcher##*/}"
note with_crun_started_by runc
