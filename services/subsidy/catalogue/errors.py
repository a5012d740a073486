"""What a reader of the law can ask for in vain."""

from shared.errors import NotFound


class PackNotFound(NotFound):
    """No pack covers the region, or none of that hash was ever used here."""

    slug, title_en, title_zh = "subsidy/pack-not-found", "No such policy pack", "未找到该政策包"


class RuleNotFound(NotFound):
    """No pack in use knows a benefit, parameter or document of that name."""

    slug, title_en, title_zh = "subsidy/rule-not-found", "No such rule in the policies", "政策中未找到该规定"
