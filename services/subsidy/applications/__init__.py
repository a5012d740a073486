"""Applications 申请: facts that no event brings, entered by one person and decided by another."""
