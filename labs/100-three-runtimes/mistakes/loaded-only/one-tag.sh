labctl load model-store:v1
