"""Which kind of subject an id is of: one id, one kind, in all regions."""
