# Who is connected to dockerd? Runs inside the node:
#   docker exec -i "$DOCKER_NODE" sh -s <callers.sh
#
# `ss -xp` lists unix sockets: column 5 is a socket's name, 6 its number, 8 the number of
# the other end, 9 the process that holds it.
ss -xpnH | awk '
  { holder[$6] = $9 }
  $2 == "ESTAB" && $5 ~ /\/docker\.sock$/ { other[$8] = 1 }
  END { for (number in other) print holder[number] }' | grep -o '"[^"]*"' | sort | uniq -c
