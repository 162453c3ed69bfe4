"""What lies under OUTPUT: runs, their documents and lease, and the facts that last."""
