digest=$(docker image save penguin:v1 | tar -xOf - manifest.json |
  grep -o '"Config":"[^"]*"' | grep -o '[0-9a-f]\{64\}')
cat >"$LABCTL_WORK/answers.yaml" <<END
image_id: sha256:$digest
other_digest_on: cri-o
watched_by_containerd: runc
watched_by_cri_o: runc
watched_by_docker: runc
END
