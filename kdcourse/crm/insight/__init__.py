"""What the data say about customers: warehouse, profiles, paths, conversion and staying."""
