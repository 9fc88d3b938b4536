cd "$LABCTL_WORK"
note() { sed -i "s|^$1:.*|$1: $2|" answers.yaml; }

sed -i 's/a better model server/a model server/' app/server.py
docker build -q --label dev.labctl.image-of=container-apart -t parts:before app
docker build -q --label dev.labctl.image-of=container-apart -t parts:after app

layers() { docker image inspect --format '{{join .RootFS.Layers "\n"}}' "$1"; }
note same_layers "$(comm -12 <(layers parts:before | sort) <(layers parts:after | sort) | wc -l)"
note new_layers "$(comm -13 <(layers parts:before | sort) <(layers parts:after | sort) | wc -l)"
