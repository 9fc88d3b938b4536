module labctl.dev/node/oci-runtime

go 1.24
