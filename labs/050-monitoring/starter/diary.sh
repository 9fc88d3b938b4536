# The last lines of the prober's diary.
#   sh diary.sh
set -eu
labctl kubectl -n monitoring logs deployment/prober --tail="${1:-12}"
