"""Monthly statements per vendor 助餐机构月度对账."""
