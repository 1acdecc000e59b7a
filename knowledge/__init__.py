"""The knowledge base: what the fact sheets in `seeds` say, loaded, checked, found and exchanged."""
