"""What other services told us about seniors, organisations, admissions, meals and lists 受助对象读模型."""
