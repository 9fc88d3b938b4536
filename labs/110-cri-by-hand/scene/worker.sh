# The worker as the lab finds it: its kubelet runs, and every Pod on it is the kubelet's.
worker=$(echo "$LABCTL_NODES" | cut -d " " -f 2)
docker exec "$worker" systemctl start kubelet
docker exec "$worker" sh -ec '
  # The kubelet may remove the same things at the same time.
  for sandbox in $(crictl pods -q --namespace nowhere); do
    crictl rmp --force "$sandbox" || true
  done
  [ -z "$(crictl pods -q --namespace nowhere)" ]
  # CRI-O gives no image back that a dead container was made from.
  crictl ps -a -q --state Exited --name "^server$" | xargs -r crictl rm || true
  rm -rf /root/pod.json /root/container.json /var/log/by-hand /var/lib/by-hand
  # The server in the image is user 10001.
  install -d -o 10001 -g 10001 /var/lib/by-hand
  date +%s >/var/lib/by-hand/since
'
kubectl wait --for=condition=Ready "node/$worker" --timeout=120s
