# The probe is right, but a person ends the process before it has failed three times.
. solutions/default/functions

with_liveness | deploy
before=$(restarts)
sh starter/ask.sh 13.2,red,4.38
sleep 1
kubectl -n "$LABCTL_NAMESPACE" exec deployment/wine -- sh -c 'kill 1'
soon more_restarts $((before + 1))
note with_liveness "$(diary | grep restarted | grep -o 'gap [0-9.]*' | tail -n 1 | cut -d ' ' -f 2)"
