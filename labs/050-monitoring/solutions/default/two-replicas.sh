# Two replicas with both probes: break one, and let the other answer meanwhile.
. solutions/default/functions

with_both | deploy
before=$(restarts) lines=$(diary | wc -l)
sh starter/ask.sh 13.2,nan,4.38
soon more_restarts $((before + 1))
gaps=$(diary | tail -n "+$((lines + 1))" | grep -o 'gap [0-9.]*' | cut -d ' ' -f 2 || true)
note two_replicas "$(sort -n <<<"${gaps:-0}" | tail -n 1)"
