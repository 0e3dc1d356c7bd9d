"""What the reading process and its parent agree on."""
