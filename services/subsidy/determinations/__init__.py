"""One person's or institution's entitlement, with every step 单个认定."""
