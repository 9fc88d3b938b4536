# Add the liveness probe, break the server, and wait until it is back by itself.
. solutions/default/functions

with_liveness | deploy
before=$(restarts)
sh starter/ask.sh 13.2,red,4.38
soon more_restarts $((before + 1))
note with_liveness "$(diary | grep restarted | grep -o 'gap [0-9.]*' | tail -n 1 | cut -d ' ' -f 2)"
