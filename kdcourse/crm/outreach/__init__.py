"""What goes out to customers and comes back: tags, flows, messages, surveys and calls."""
