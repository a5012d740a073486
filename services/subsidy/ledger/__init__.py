"""The ledger of each person, programme and month 台账: what is owed and what may be sent are sums over it."""
