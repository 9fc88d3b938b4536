# Like the solution, by somebody who is there at once.
. solutions/default/functions

kubectl -n "$LABCTL_NAMESPACE" scale deployment registry --replicas=1
kubectl -n "$LABCTL_NAMESPACE" rollout status deployment registry --timeout=60s
deploy <starter/deployment.yaml
sh starter/ask.sh 13.2,red,4.38
sleep 3
kubectl -n "$LABCTL_NAMESPACE" delete pods -l app=wine
soon all_answer
note without_probes "$(diary | grep -o 'gap [0-9.]*' | tail -n 1 | cut -d ' ' -f 2)"
