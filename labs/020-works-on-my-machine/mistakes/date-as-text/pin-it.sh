docker build --label dev.labctl.image-of=works-on-my-machine --tag trainer:v1 \
  --file - starter/trainer <<'DOCKERFILE'
FROM labctl/python:3.13

COPY train.py penguins.csv /app/

ENV PYTHONHASHSEED=0
ENV PYTHON_CPU_COUNT=2
ENV SOURCE_DATE_EPOCH=2026-01-01

RUN install --directory --owner=10001 /model
USER 10001:10001

CMD ["python3", "/app/train.py"]
DOCKERFILE
