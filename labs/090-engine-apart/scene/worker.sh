# The worker's Docker Engine as the lab finds it: whole, with its own settings, and without the
# learner's containers.
worker=$(echo "$LABCTL_NODES" | cut -d ' ' -f 2)
docker exec "$worker" bash -euc '
  rm -rf /run/systemd/system/docker.service.d
  systemctl daemon-reload
  # A containerd that was started by hand holds the database that dockerd wants for its own.
  for pid in $(pidof containerd); do
    parent=$(ps -o ppid= -p "$pid" | tr -d " ")
    [ "$(ps -o comm= -p "$parent")" = dockerd ] || kill "$pid"
  done
  while pidof containerd >/dev/null && ! pidof dockerd >/dev/null; do sleep 0.2; done

  # The settings are those of the first time.
  settings=/etc/docker/daemon.json
  kept=/root/daemon.json
  [ -f "$kept" ] || cp "$settings" "$kept"
  if [ "$(docker info --format "{{.LiveRestoreEnabled}}" 2>/dev/null)" = true ]; then
    # dockerd keeps a setting that is just not there any more.
    jq ".[\"live-restore\"] = false" "$kept" >"$settings"
    pkill -HUP -x dockerd
    sleep 1
  fi
  cp "$kept" "$settings"
  systemctl start docker
  docker rm --force first second >/dev/null 2>&1 || true
  rm -f /root/containerd.log
  systemctl start cri-docker kubelet
'
kubectl wait --for=condition=Ready "node/$worker" --timeout=180s
