kubectl -n clinic label pod --selector app=rockhopper --overwrite app=rock-hopper
