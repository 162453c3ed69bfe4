"""What people said of pairs and pictures, and how a run obeys it."""
