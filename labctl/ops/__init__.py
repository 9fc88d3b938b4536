"""Use cases, each over the small Protocols in ports.py."""
