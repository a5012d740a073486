"""Money paid and not due, followed to its end 追缴."""
