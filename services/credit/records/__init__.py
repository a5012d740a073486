"""Credit records 信用记录: one fact of dishonesty, with the document that established it."""
