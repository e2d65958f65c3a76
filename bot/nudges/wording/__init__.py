"""The rules of the house about words, as far as a machine can tell."""
