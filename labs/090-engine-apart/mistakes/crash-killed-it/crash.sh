cd "$LABCTL_WORK"
note() { sed -i "s|^$1:.*|$1: $2|" answers.yaml; }
worker=$(echo "$LABCTL_NODES" | cut -d ' ' -f 2)
on() { docker exec "$worker" "$@"; }
of_first() { on docker inspect --format "{{.State.$1}}" first; }

# A second time it has ended already.
if [ "$(of_first Running)" = true ]; then
  on bash -c 'kill -9 $(pidof dockerd)'
  until [ "$(of_first Running 2>/dev/null)" = false ]; do sleep 1; done
fi
note first_exit_code "$(of_first ExitCode)"
note first_ended before
