"""The monthly run 月度发放批次: frozen inputs, lines, approval."""
