# The new data as it comes, with a line that can't be read.
kubectl replace --filename starter/new-data.yaml
start() {
  kubectl -n nightly delete job "$1" --ignore-not-found
  kubectl -n nightly create job "$1" --from=cronjob/train
}
start with-new-data
kubectl -n nightly wait --for=condition=failed --timeout=120s job/with-new-data
line=$(kubectl -n nightly logs job/with-new-data | sed -n 's/^error.*line \([0-9]*\):.*/\1/p')
mkdir -p "$LABCTL_WORK"
printf 'bad_line: %s\n' "$line" >"$LABCTL_WORK/answers.yaml"
# Back to where it went well.
kubectl replace --filename scene/10-data.yaml
