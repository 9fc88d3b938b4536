"""The lab in a browser beside the terminal: its guide, its steps, and what checks see right now."""
