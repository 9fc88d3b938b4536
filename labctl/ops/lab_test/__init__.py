"""`labctl lab test`: whether a lab does what it says, on real clusters."""
