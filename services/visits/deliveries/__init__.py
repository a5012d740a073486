"""Meal deliveries: recorded, corrected, reviewed 助餐送达记录."""
