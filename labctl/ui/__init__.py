"""What a person sees: text, tables, progress and JSON."""
