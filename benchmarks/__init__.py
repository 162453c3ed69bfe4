"""A benchmark is a program that prints a table of the README."""
