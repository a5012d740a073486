"""Data that ships with the kernel; origin and licences are in README.md beside it."""
