notes=$LABCTL_WORK/notes.yaml
said='Flag --network-plugin has been deprecated, will be removed along with dockershim.'
sed -i "s|^warning:.*|warning: \"$said\"|" "$notes"
