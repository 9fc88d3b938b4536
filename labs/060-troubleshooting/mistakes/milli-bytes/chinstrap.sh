kubectl -n clinic set resources deployment chinstrap --requests=memory=512m
