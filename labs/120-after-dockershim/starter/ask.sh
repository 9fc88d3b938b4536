# Ask the Service again and again, and count the answers by their HTTP status:
#   sh ask.sh 100
times=${1:-100}
address=$(labctl kubectl -n moving get service model-server -o jsonpath='{.spec.clusterIP}')
node=$(labctl kubectl get nodes -o name | head -n 1)
# 000: no answer at all.
docker exec "${node#node/}" sh -c '
  for number in $(seq "$2"); do
    curl -s -m 2 -o /dev/null -w "%{http_code}\n" "http://$1/predict?x=200"
    sleep 0.2
  done' sh "$address" "$times" | sort | uniq -c
