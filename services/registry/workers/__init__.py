"""Workers 从业人员, as far as they must be told apart: the register keeps no file of them yet."""
