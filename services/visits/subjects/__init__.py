"""What visits knows of seniors, vendors and stays, kept from events 主体读模型."""
