"""labctl: real container and Kubernetes labs on one machine, with checks that explain."""

__version__ = "0.1.0.dev0"
