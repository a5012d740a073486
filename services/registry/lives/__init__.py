"""What the dates of one life may be: one set of rules, asked on every way into the register."""
