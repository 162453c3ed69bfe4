"""A hash is a few hundred bits that copies of one picture share; here is how they are made, packed and written."""
