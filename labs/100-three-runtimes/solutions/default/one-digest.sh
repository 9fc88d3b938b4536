answers=$LABCTL_WORK/answers.yaml
[ -e "$answers" ] || cp starter/answers.yaml "$answers"
note() {
  grep -q "^$1:" "$answers" || echo "$1:" >>"$answers"
  sed -i "s|^$1:.*|$1: $2|" "$answers"
}
# manifest.json names the image's config: the same in both of Docker's image stores.
digest=$(docker image save penguin:v1 | tar -xOf - manifest.json |
  grep -o '"Config":"[^"]*"' | grep -o '[0-9a-f]\{64\}')
note image_id "sha256:$digest"
note other_digest_on cri-o
note watched_by_containerd containerd-shim-runc-v2
note watched_by_cri_o conmon
note watched_by_docker containerd-shim-runc-v2
