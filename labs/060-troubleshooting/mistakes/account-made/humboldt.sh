kubectl -n clinic create serviceaccount model-servers --dry-run=client --output yaml |
  kubectl -n clinic apply --filename -
