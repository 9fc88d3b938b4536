"""What labctl costs beside what a person would use instead, measured in one run."""
