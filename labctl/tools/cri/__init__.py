"""One module for each container runtime on a node."""
