# Also on top of a learner's own CronJob: failures stay, and two tries are soon over.
kubectl -n nightly patch cronjob train --patch '
spec:
  failedJobsHistoryLimit: 5
  jobTemplate:
    spec:
      backoffLimit: 1
      template:
        spec:
          restartPolicy: Never
'
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
# Without that line.
sed '/Gentoo,NA,NA/d' starter/new-data.yaml | kubectl replace --filename -
start cleaned
kubectl -n nightly wait --for=condition=complete --timeout=60s job/cleaned
