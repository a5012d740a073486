"""Levels of ability 能力等级 on file: how a form is scored, which result counts on a day."""
