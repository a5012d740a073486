"""What would it cost, had the law been changed? 测算"""
