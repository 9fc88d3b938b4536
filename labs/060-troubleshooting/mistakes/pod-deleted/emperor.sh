kubectl -n clinic delete pod --selector app=emperor
