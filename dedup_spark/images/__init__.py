"""A picture is what a content shows to a viewer; here bytes become pictures, and pictures small ones and signatures."""
