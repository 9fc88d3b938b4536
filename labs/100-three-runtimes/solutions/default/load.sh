labctl load penguin:v1
