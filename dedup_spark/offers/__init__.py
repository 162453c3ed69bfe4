"""What holds offers together, and where they are parted."""
