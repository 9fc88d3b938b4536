# Ask every Pod of an app the same question, each from its own node:
#   sh ask.sh penguin '/predict?x=200'
set -eu
labctl kubectl -n everywhere get pods -l "app=$1" \
  -o jsonpath='{range .items[*]}{.spec.nodeName} {.status.podIP}{"\n"}{end}' |
  while read -r node ip; do
    runtime=$(labctl kubectl get node "$node" </dev/null \
      -o jsonpath='{.status.nodeInfo.containerRuntimeVersion}')
    echo "$node, $runtime"
    docker exec "$node" curl -sS -m 5 "http://$ip:8080$2" || echo "no answer"
  done
