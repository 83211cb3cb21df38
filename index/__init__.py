"""Documents to chunks to vectors: load, clean, split, embed, store, sync."""
