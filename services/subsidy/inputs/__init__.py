"""What a programme is fed with: which facts, and the SQL that finds them in what we were told."""
