"""Whether two pictures pass: by their hashes, by their colours, by a second look."""
