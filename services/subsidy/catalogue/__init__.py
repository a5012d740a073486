"""The law as people read it 政策查询: packs, benefits, values, documents, targets; the same for everybody."""
