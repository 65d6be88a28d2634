"""The author's tools: canonical notebooks, derived exercises, translation status, lint."""
