"""Payment batches and the bank's answers 发放批次与银行回盘."""
