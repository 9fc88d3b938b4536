cd "$LABCTL_WORK"
node=$(kubectl -n parts get pod parts -o jsonpath='{.spec.nodeName}')

docker exec "$node" rm -rf /parts
docker exec "$node" mkdir -p /parts
docker cp -q image "$node:/parts/"
docker cp -q unpack.sh "$node:/parts/"
# The topmost layer first: what lies below is unpacked over it.
docker exec "$node" sed -i 's/\.layers\[\]/(.layers | reverse)[]/' /parts/unpack.sh
docker exec "$node" bash /parts/unpack.sh /parts/image /parts/rootfs

docker exec "$node" runc spec --bundle /parts
docker exec "$node" jq '
  .process.args = ["python3", "/app/server.py"]
  | .process.env += ["MODEL=/app/model.json"]
  | .process.user = {uid: 10001, gid: 10001}
  | .process.terminal = false
  | .linux.cgroupsPath = "/parts"
  | .linux.resources.memory = {limit: 100663296}' /parts/config.json >config.json
docker cp -q config.json "$node:/parts/"
