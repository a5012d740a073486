"""Judgements 判定: what was judged is judged again when a fact behind it turns out otherwise."""
