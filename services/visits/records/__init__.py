"""What a record of a delivered service is 服务记录."""
