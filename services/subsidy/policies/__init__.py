"""The law as data, one folder per place, and the clerk's tool to check and read it."""
