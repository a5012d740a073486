"""Joint-discipline lists 失信联合惩戒对象名单: decided by people, step by step."""
