kubectl apply --filename - <<'MANIFEST'
apiVersion: batch/v1
kind: CronJob
metadata:
  name: train
  namespace: nightly
spec:
  schedule: "* * * * *"
  timeZone: UTC
  concurrencyPolicy: Forbid
  successfulJobsHistoryLimit: 5
  failedJobsHistoryLimit: 5
  jobTemplate:
    spec:
      backoffLimit: 1
      template:
        metadata:
          labels:
            app: train
        spec:
          restartPolicy: Never
          securityContext:
            runAsNonRoot: true
          containers:
            - name: train
              image: docker.io/library/train-nightly:v1
              imagePullPolicy: IfNotPresent
              resources:
                requests: {cpu: 50m, memory: 32Mi}
                limits: {memory: 128Mi}
              volumeMounts:
                - {name: data, mountPath: /data}
          volumes:
            - {name: data, configMap: {name: penguins}}
MANIFEST
# One run that does not wait for the clock.
kubectl -n nightly delete job first --ignore-not-found
kubectl -n nightly create job first --from=cronjob/train
# With the data as it is now, not as a later step makes it.
kubectl -n nightly wait --for=condition=complete --timeout=120s job/first
