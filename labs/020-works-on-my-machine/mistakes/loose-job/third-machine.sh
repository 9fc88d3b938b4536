labctl load trainer:v1
