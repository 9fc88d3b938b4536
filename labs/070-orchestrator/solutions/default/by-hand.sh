# Only containers with this lab's label are replaced.
for name in hand-plain hand-restart; do
  docker ps --all --quiet --filter "name=^$name\$" --filter label=dev.labctl.lab=orchestrator |
    xargs --no-run-if-empty docker rm --force
done
docker run -d --name hand-plain --label dev.labctl.lab=orchestrator \
  -p 127.0.0.1:8071:8080 fleet-server:v1
docker run -d --name hand-restart --label dev.labctl.lab=orchestrator \
  --restart unless-stopped -p 127.0.0.1:8072:8080 fleet-server:v1
for port in 8071 8072; do
  until curl -s -o /dev/null "http://127.0.0.1:$port/healthz"; do sleep 0.2; done
done
for port in 8071 8072; do
  curl -s -X POST "http://127.0.0.1:$port/crash"
done
until curl -s -o /dev/null http://127.0.0.1:8072/healthz; do sleep 0.2; done
