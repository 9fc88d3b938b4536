#!/bin/sh
# Pin a Go part: write its go.mod and go.sum to go/PART/VERSION.
#
#   sh labctl/nodeimage/pin.sh kubernetes 1.36.3
#
# Made in the same Go stage that builds it, so it needs an engine and no Go.
set -eu
part=$1 version=$2
cd "$(dirname "$0")"
ca=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
set -- --build-arg "GO_VERSION=$(sed -n 's/^go: //p' versions.yaml)" \
	--build-arg "PART=$part" --build-arg "VERSION=$version"
[ ! -f "$ca" ] || set -- "$@" --secret "id=ca,src=$ca"
for name in GOPROXY GOSUMDB; do
	eval "value=\${$name:-}"
	[ -z "$value" ] || set -- "$@" --build-arg "$name=$value"
done
docker buildx build --network=host --target module "$@" \
	--output "type=local,dest=go/$part/$version" .
