docker build --label dev.labctl.image-of=works-on-my-machine --tag trainer:v1 \
  --file - starter/trainer <<'DOCKERFILE'
FROM labctl/python:3.13

# The code and the data.
COPY train.py penguins.csv /app/

# The order of a set of strings, the number of workers, the date in the model's file (2026-01-01).
ENV PYTHONHASHSEED=0
ENV PYTHON_CPU_COUNT=2
ENV SOURCE_DATE_EPOCH=1767225600

# Where the model goes. The user has a number and few rights; root is not needed to train.
RUN install --directory --owner=10001 /model
USER 10001:10001

CMD ["python3", "/app/train.py"]
DOCKERFILE
