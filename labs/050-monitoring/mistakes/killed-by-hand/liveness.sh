# The probe is right, but a person ends the process before it has failed three times.
. solutions/default/functions

with_liveness | deploy
before=$(restarts)
# Both from inside, so that a slow kubectl doesn't leave the probe the time to be first.
kubectl -n "$LABCTL_NAMESPACE" exec deployment/wine -- sh -c '
  python3 -c "import urllib.request as r; r.urlopen(\"http://127.0.0.1:8080/predict?x=13.2,red,4.38\", timeout=2)"
  kill 1' || true
soon more_restarts $((before + 1))
note with_liveness "$(diary | grep restarted | grep -o 'gap [0-9.]*' | tail -n 1 | cut -d ' ' -f 2)"
